interface Entry<Item> {
  item: Item;
  done: () => void;
  failed: (error: unknown) => void;
}

/**
 * Does work for many at once without making anybody wait for others to come: a batch is what has gathered
 * while the one before it was done, at most so many. When a batch fails, its halves are tried, so that an
 * item that cannot be handled fails alone; `hopeless` errors fail the whole batch.
 */
export class Batcher<Item> {
  private waiting: Entry<Item>[] = [];
  private busy = false;

  constructor(
    private readonly most: number,
    private readonly work: (items: readonly Item[]) => Promise<void>,
    private readonly hopeless: (error: unknown) => boolean = () => false,
  ) {}

  /** Resolves when the work for all the items is done; rejects with the first of their errors. */
  async add(items: readonly Item[]): Promise<void> {
    const all = items.map(
      (item) =>
        new Promise<void>((done, failed) => {
          this.waiting.push({ item, done, failed });
        }),
    );
    void this.run();
    const failure = (await Promise.allSettled(all)).find(({ status }) => status === 'rejected');
    if (failure?.status === 'rejected') throw failure.reason;
  }

  private async run(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, this.most);
      this.waiting = this.waiting.slice(this.most);
      await this.handle(batch);
    }
    this.busy = false;
  }

  private async handle(batch: readonly Entry<Item>[]): Promise<void> {
    try {
      await this.work(batch.map(({ item }) => item));
      for (const { done } of batch) done();
    } catch (error) {
      if (batch.length === 1 || this.hopeless(error)) {
        for (const { failed } of batch) failed(error);
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await this.handle(batch.slice(0, half));
      await this.handle(batch.slice(half));
    }
  }
}
