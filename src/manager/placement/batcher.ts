import { inOrder, Lane, type Order } from './lane.js';

/** What was added together: a promise for each item would be most of what a long queue holds. */
interface Added {
  /** Items that are neither done nor have failed. */
  left: number;
  errors: unknown[];
  done: () => void;
  failed: (error: unknown) => void;
}

interface Entry<Item> {
  item: Item;
  added: Added;
}

export interface Lanes<Item> {
  readonly count: number;
  /** From 0; items of one lane are never in two batches at a time. */
  readonly of: (item: Item) => number;
  /** Which come first in a batch, and into it where not all of a lane fit. */
  readonly order: Order<Item>;
}

/**
 * Does work for many at once without making anybody wait for others to come: a batch is what is added in one turn
 * of the event loop, or has gathered while the batch before it was done, at most so many. What fits into one batch
 * is one, since a batch costs more than an item; of more, each lane makes its own of what comes first, and those
 * run side by side. When a batch fails, its halves are tried, so that an item that cannot be handled fails alone;
 * `hopeless` errors fail the whole batch.
 */
export class Batcher<Item> {
  /** By lane. */
  private readonly waiting: Lane<Item, Entry<Item>>[];
  private readonly busy = new Set<number>();

  constructor(
    private readonly most: number,
    private readonly lanes: Lanes<Item>,
    private readonly work: (items: readonly Item[]) => Promise<void>,
    private readonly hopeless: (error: unknown) => boolean = () => false,
  ) {
    this.waiting = Array.from({ length: lanes.count }, () => new Lane(lanes.order));
  }

  /** Resolves when the work for all the items is done; rejects with the first of their errors. */
  async add(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return;
    await new Promise<void>((done, failed) => {
      process.nextTick(() => {
        this.start();
      });
      const added = { left: items.length, errors: [], done, failed };
      for (const item of items) this.laneOf(item).add({ item, added });
    });
  }

  private laneOf(item: Item): Lane<Item, Entry<Item>> {
    const lane = this.lanes.of(item);
    const waiting = this.waiting[lane];
    if (!waiting) throw new RangeError(`there is no lane ${lane}`);
    return waiting;
  }

  private start(): void {
    const lanes = [...this.waiting.keys()];
    const count = this.waiting.reduce((sum, { length }) => sum + length, 0);
    if (count > this.most) for (const lane of lanes) void this.run([lane]);
    else if (this.busy.size === 0) void this.run(lanes);
  }

  /** One batch of these lanes, if they are free and anything of theirs waits. */
  private async run(lanes: readonly number[]): Promise<void> {
    if (lanes.some((lane) => this.busy.has(lane))) return;
    const batch = lanes.flatMap((lane) => this.waiting[lane]?.take(this.most) ?? []);
    if (batch.length === 0) return;
    for (const lane of lanes) this.busy.add(lane);
    await this.handle(inOrder(batch, this.lanes.order));
    for (const lane of lanes) this.busy.delete(lane);
    this.start();
  }

  private async handle(batch: readonly Entry<Item>[]): Promise<void> {
    try {
      await this.work(batch.map(({ item }) => item));
      for (const { added } of batch) settle(added);
    } catch (error) {
      if (batch.length === 1 || this.hopeless(error)) {
        for (const { added } of batch) settle(added, error);
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await this.handle(batch.slice(0, half));
      await this.handle(batch.slice(half));
    }
  }
}

/** One item more is done, or has failed with that error. */
function settle(added: Added, ...error: unknown[]): void {
  added.errors.push(...error);
  added.left -= 1;
  if (added.left > 0) return;
  if (added.errors.length > 0) added.failed(added.errors[0]);
  else added.done();
}
