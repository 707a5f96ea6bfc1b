import type { LeaseId, TargetId } from '../../../libs/contract/index.js';
import {
  assemble,
  currentSuperblock,
  ENTRIES_PER_PAGE,
  failure,
  parseEntryPage,
  parseSuperblock,
  type Result,
  slotOf,
  type Superblock,
} from '../../../libs/dm-table/index.js';
import { bytesOf, type Change, contentFor, unreadable } from './content.js';
import type { View } from './survival.js';
import type { CrashTarget, LeasePlace } from './target.js';

const pageSectors = 8;

interface LivePage {
  readonly sequence: number;
  readonly entries: readonly {
    /** Within the page. */
    readonly slot: number;
    readonly block: number;
    readonly sequence: number;
    readonly valid: readonly [low: number, high: number];
  }[];
}

/** Where a block lives. */
interface Home {
  readonly lease: number;
  readonly sector: number;
  readonly sequence: number;
  readonly valid: readonly [low: number, high: number];
}

export interface Assembled {
  readonly generation: number;
  /** Positions of the leases, in table order. */
  readonly members: readonly number[];
  /** By block; the main device where there is none. */
  readonly homes: readonly (Home | undefined)[];
  /** By lease: sequence numbers of its superblock and its entry pages. */
  readonly sequences: ReadonlyMap<number, readonly number[]>;
}

/** Members are positions among the leases; the table for a target that never ran. */
export interface FirstTable {
  readonly generation: number;
  readonly members: readonly number[];
}

function parsedPage(bytes: Buffer, expected: { leaseId: LeaseId; page: number }): Result<LivePage> {
  const parsed = parseEntryPage(bytes, expected);
  if (!parsed.ok) return parsed;
  const entries = parsed.value.entries.flatMap((entry, slot) => {
    if (entry.kind !== 'remap') return [];
    const valid = [Number(entry.valid & 0xffff_ffffn), Number(entry.valid >> 32n)] as const;
    const [block, sequence] = [Number(entry.mainBlock), Number(entry.sequence)];
    return [{ slot, block, sequence, valid }];
  });
  return { ok: true, value: { sequence: Number(parsed.value.sequence), entries } };
}

const isValid = ([low, high]: Home['valid'], sector: number) =>
  ((sector < 32 ? low >>> sector : high >>> (sector - 32)) & 1) === 1;

/**
 * Puts the target together from what is on the disks as the agent and the kernel would. Each page is parsed
 * once for all states in which it is the same.
 */
export class Assembler {
  private readonly superblocks = new Map<string, Result<Superblock>>();
  private readonly pages = new Map<string, Result<LivePage>>();
  private readonly serials = new Map<Change, number>();
  private readonly shift: number;

  constructor(
    private readonly target: CrashTarget,
    private readonly first: FirstTable,
  ) {
    this.shift = Math.log2(target.blockSectors);
  }

  /** The target as it comes up, or why it does not. */
  assemble(view: View): Assembled | string {
    const { target } = this;
    const superblocks = target.leases.map((lease) => this.superblock(view, lease));
    const damaged = superblocks.find((superblock) => !superblock.ok);
    if (damaged?.ok === false) return `a lease has no valid superblock: ${damaged.message}`;
    const valid = superblocks.flatMap((superblock) => (superblock.ok ? [superblock.value] : []));
    const found = assemble(target.id as TargetId, valid);
    if (!found.ok) return found.message;
    if (found.value.missing.length > 0) return `leases ${found.value.missing.join()} are missing`;
    const ran = found.value.generation > 0;
    const members = ran
      ? found.value.members.map((id) => target.leases.findIndex((lease) => lease.id === id))
      : this.first.members;
    const generation = ran ? found.value.generation : this.first.generation;
    return this.load(view, { generation, members }, valid);
  }

  private load(
    view: View,
    table: FirstTable,
    superblocks: readonly Superblock[],
  ): Assembled | string {
    const homes: (Home | undefined)[] = [];
    const sequences = new Map<number, number[]>();
    for (const member of table.members) {
      const [lease, superblock] = [this.target.leases[member], superblocks[member]];
      if (!lease || !superblock) return `member ${member} is no lease of the target`;
      const seen = [Number(superblock.sequence)];
      const { dataStartSectors } = superblock;
      const pages = Math.ceil(superblock.nrBlocks / ENTRIES_PER_PAGE);
      for (let page = 0; page < pages; page += 1) {
        const current = this.page(view, lease, page);
        if (!current.ok) return `lease ${member}: ${current.message}`;
        seen.push(current.value.sequence);
        for (const { slot, block, sequence, valid } of current.value.entries) {
          const before = homes[block];
          if (before?.sequence === sequence) {
            return `block ${block} has two entries of sequence ${sequence}`;
          }
          if (before && before.sequence > sequence) continue;
          const number = page * ENTRIES_PER_PAGE + slot;
          const sector = lease.offset + dataStartSectors + number * this.target.blockSectors;
          homes[block] = { lease: member, sector, sequence, valid };
        }
      }
      sequences.set(member, seen);
    }
    return { ...table, homes, sequences };
  }

  /** Entries of a lease that name a block. */
  liveEntries(view: View, member: number): number {
    const lease = this.target.leases[member] as LeasePlace;
    const superblock = this.superblock(view, lease);
    if (!superblock.ok) return 0;
    const pages = Math.ceil(superblock.value.nrBlocks / ENTRIES_PER_PAGE);
    let entries = 0;
    for (let page = 0; page < pages; page += 1) {
      const current = this.page(view, lease, page);
      if (current.ok) entries += current.value.entries.length;
    }
    return entries;
  }

  /** Disk and sector where a sector of the target is, or undefined when that is nowhere. */
  place(assembled: Assembled, at: number): { disk: number; sector: number } | undefined {
    const home = assembled.homes[at >> this.shift];
    if (!home) return { disk: 0, sector: at };
    const within = at & (this.target.blockSectors - 1);
    if (!isValid(home.valid, within)) return undefined;
    return { disk: this.target.leases[home.lease]?.disk ?? 0, sector: home.sector + within };
  }

  /** What each sector of the target reads as; `bad` tells the sectors of the main device that do not read. */
  read(view: View, assembled: Assembled, bad: Uint8Array): Int32Array {
    const { blockSectors, sectors, leases } = this.target;
    const content = new Int32Array(sectors);
    const main = view[0] as readonly Change[];
    for (let first = 0; first < sectors; first += blockSectors) {
      const home = assembled.homes[first >> this.shift];
      const end = Math.min(first + blockSectors, sectors);
      const disk = home ? view[leases[home.lease]?.disk ?? 0] : undefined;
      for (let at = first; at < end; at += 1) {
        if (!home || !disk) {
          content[at] = bad[at] === 0 ? contentFor(main[at] as Change, at, at) : unreadable;
        } else if (isValid(home.valid, at - first)) {
          const sector = home.sector + at - first;
          content[at] = contentFor(disk[sector] as Change, sector, at);
        } else {
          content[at] = unreadable;
        }
      }
    }
    return content;
  }

  private superblock(view: View, lease: LeasePlace): Result<Superblock> {
    return this.pair(this.superblocks, view, lease, 0, (copies) =>
      currentSuperblock(
        copies.map((bytes, copy) => {
          const parsed = parseSuperblock(bytes);
          return parsed.ok && slotOf(parsed.value.sequence) !== copy
            ? failure('wrong-slot', 'a superblock lies in the other place')
            : parsed;
        }),
      ),
    );
  }

  private page(view: View, lease: LeasePlace, page: number): Result<LivePage> {
    return this.pair(this.pages, view, lease, 1 + page, (copies) => {
      const expected = { leaseId: lease.id as LeaseId, page };
      const valid = copies.flatMap((bytes, copy) => {
        const parsed = parsedPage(bytes, expected);
        return parsed.ok && parsed.value.sequence % 2 !== copy ? [parsed.value] : [];
      });
      const newest = valid.sort((a, b) => b.sequence - a.sequence)[0];
      return newest
        ? { ok: true, value: newest }
        : failure('no-valid-slot', `neither slot of entry page ${page} is valid`);
    });
  }

  /** Two copies of a page, one behind the other; the superblock is pair 0 of a lease. */
  private pair<T>(
    known: Map<string, T>,
    view: View,
    { disk, offset }: LeasePlace,
    pair: number,
    parse: (copies: readonly [Buffer, Buffer]) => T,
  ): T {
    const first = offset + 2 * pageSectors * pair;
    const sectors = view[disk] as readonly Change[];
    let key = `${disk}:${first}`;
    let last = -1;
    for (let at = first; at < first + 2 * pageSectors; at += 1) {
      const serial = this.serial(sectors[at] as Change);
      if (serial !== last || at === first + pageSectors) key += `,${at - first}=${serial}`;
      last = serial;
    }
    const there = known.get(key);
    if (there !== undefined) return there;
    const copy = (from: number) =>
      Buffer.concat(
        Array.from({ length: pageSectors }, (_, index) =>
          bytesOf(sectors[from + index] as Change, from + index),
        ),
      );
    const parsed = parse([copy(first), copy(first + pageSectors)]);
    known.set(key, parsed);
    return parsed;
  }

  private serial(change: Change): number {
    let serial = this.serials.get(change);
    if (serial === undefined) this.serials.set(change, (serial = this.serials.size));
    return serial;
  }
}
