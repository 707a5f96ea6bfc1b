/** How what waits in a lane is served. */
export interface Order<Item> {
  /** For sorting: which comes first; of equals the one added first. */
  readonly compare: (a: Item, b: Item) => number;
  /** Items of one key come one after the other, where the first of them comes; equal in all but their age. */
  readonly key: (item: Item) => string;
}

/** As they are served when nothing else waits. */
export function inOrder<Item, Entry extends { readonly item: Item }>(
  entries: readonly Entry[],
  { compare, key }: Order<Item>,
): Entry[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries.toSorted((a, b) => compare(a.item, b.item))) {
    const name = key(entry.item);
    const group = groups.get(name);
    if (group) group.push(entry);
    else groups.set(name, [entry]);
  }
  return [...groups.values()].flat();
}

interface Group<Entry> {
  key: string;
  entries: Entry[];
}

/** What waits, in groups that are served together. Sorted only when not all of it can be taken. */
export class Lane<Item, Entry extends { readonly item: Item }> {
  private groups: Group<Entry>[] = [];
  private readonly byKey = new Map<string, Group<Entry>>();
  private sorted = true;
  /** How many entries wait. */
  length = 0;

  constructor(private readonly order: Order<Item>) {}

  add(entry: Entry): void {
    const key = this.order.key(entry.item);
    this.length += 1;
    const known = this.byKey.get(key);
    if (known) {
      known.entries.push(entry);
      return;
    }
    const group = { key, entries: [entry] };
    this.byKey.set(key, group);
    this.groups.push(group);
    this.sorted = false;
  }

  /** The first so many, which wait no longer. */
  take(most: number): Entry[] {
    if (this.length > most && !this.sorted) this.sort();
    const taken: Entry[] = [];
    let whole = 0;
    for (const { key, entries } of this.groups) {
      taken.push(...entries.splice(0, most - taken.length));
      if (entries.length > 0) {
        // What is left of it may be younger than others.
        this.sorted = false;
        break;
      }
      this.byKey.delete(key);
      whole += 1;
    }
    this.groups.splice(0, whole);
    this.length -= taken.length;
    return taken;
  }

  private sort(): void {
    const { compare } = this.order;
    const firsts = this.groups.flatMap((group) => {
      const [first] = group.entries;
      return first ? [{ group, first: first.item }] : [];
    });
    firsts.sort((a, b) => compare(a.first, b.first));
    this.groups = firsts.map(({ group }) => group);
    this.sorted = true;
  }
}
