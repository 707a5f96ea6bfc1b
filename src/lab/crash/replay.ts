import { seededRandom, seedFor } from '../random.js';
import { type Assembled, Assembler, type FirstTable } from './assembly.js';
import { type Change, stamps, sectorBytes, untouched } from './content.js';
import { metadataFault, sectorFault } from './judge.js';
import { Medium } from './medium.js';
import {
  crashed,
  noneSurvives,
  type Survival,
  survival,
  type SurvivalName,
  survivalNames,
  type View,
} from './survival.js';
import type { CrashTarget } from './target.js';
import type { TraceEvent } from './trace.js';

/** How everything is when a load begins. */
export interface Start extends FirstTable {
  /** By disk. */
  readonly images: readonly Buffer[];
  /** What each sector of the mapped device reads as, were all of the main device readable. */
  readonly content: Int32Array;
  /** Sectors of the main device that do not read. */
  readonly bad: Uint8Array;
}

/** What the disks are after a crash, and what comes of it. */
export interface CrashState {
  readonly event: number;
  readonly survival: SurvivalName;
  readonly view: View;
  readonly bad: Uint8Array;
  readonly assembled: Assembled;
  readonly content: Int32Array;
}

export interface Fault {
  readonly event: number;
  readonly survival: SurvivalName;
  readonly what: string;
}

export interface ReplayOptions {
  readonly seed: number;
  /** States at each moment in which something is uncertain, beside the one in which none of that survives. */
  readonly drawn: number;
  readonly faultsWanted: number;
  /** Whether to keep a state that was found right. */
  readonly keep?: (state: CrashState) => void;
}

export interface ReplayResult {
  readonly states: number;
  readonly moments: number;
  readonly faults: readonly Fault[];
}

/** Walks through a load and looks at each moment at what a crash may leave. */
export class Replay {
  private readonly disks: readonly Medium[];
  private readonly promised: Medium;
  private readonly assembler: Assembler;
  private readonly bad: Uint8Array;
  /** By sector of the mapped device: when its only copy went bad, as an order number. */
  private readonly risk: Float64Array;
  private readonly open = new Map<number, { readonly medium: Medium; readonly change?: Change }>();
  private readonly faults: Fault[] = [];
  private order = 0;
  private states = 0;
  private moments = 0;
  /** Metadata of a spare device could not be written: it may well be behind. */
  private tainted = false;
  private live = 0;
  private changed = true;
  private event = 0;

  constructor(
    private readonly target: CrashTarget,
    start: Start,
    private readonly options: ReplayOptions,
  ) {
    const { content } = start;
    this.disks = start.images.map((image) => new Medium(untouched(image)));
    this.promised = new Medium({
      ...{ order: 0, sector: 0, sectors: target.sectors, fua: false, discard: false },
      ...{ versions: content, homes: new Int32Array(content.length) },
    });
    this.assembler = new Assembler(target, start);
    this.bad = Uint8Array.from(start.bad);
    this.risk = new Float64Array(target.sectors);
    this.putAtRisk(0, target.sectors);
  }

  run(events: readonly TraceEvent[]): ReplayResult {
    for (const [index, event] of events.entries()) {
      this.event = index;
      this.apply(event);
      if (!this.changed) continue;
      this.changed = false;
      this.look();
      if (this.faults.length >= this.options.faultsWanted) break;
    }
    return { states: this.states, moments: this.moments, faults: this.faults };
  }

  private apply(event: TraceEvent): void {
    switch (event.kind) {
      case 'issue':
        this.issue(event);
        break;
      case 'done':
        this.done(event);
        break;
      case 'break':
      case 'heal':
        this.breakOrHeal(event);
        break;
      case 'note':
        this.note(event.text);
    }
  }

  private issue(event: TraceEvent & { kind: 'issue' }): void {
    const { device, id, operation, sector, sectors, fua } = event;
    const medium = device === 0 ? this.promised : (this.disks[device - 1] as Medium);
    if (operation === 'flush') {
      medium.issueFlush(id);
      this.open.set(id, { medium });
      return;
    }
    this.order += 1;
    const written = operation === 'write';
    const data = written ? event.data : Buffer.alloc(0);
    const empty = { versions: new Int32Array(sectors), homes: new Int32Array(sectors).fill(-1) };
    const change: Change = {
      ...{ order: this.order, sector, sectors, fua, discard: operation === 'discard' },
      ...(written ? stamps(data, data.length / sectors) : empty),
      ...(written && data.length === sectors * sectorBytes && { data }),
    };
    medium.issue(change);
    this.open.set(id, { medium, change });
    // What was only asked for allows more, and changes nothing on the disks.
    this.changed ||= device > 0;
  }

  private done({ id, failed, device }: TraceEvent & { kind: 'done' }): void {
    const { medium, change } = this.open.get(id) ?? {};
    this.open.delete(id);
    if (failed && device > 1) this.tainted = true;
    if (failed || !medium) return;
    this.changed = true;
    if (!change) {
      medium.completeFlush(id);
      return;
    }
    medium.complete(change);
    if (device === 1 && !change.discard) {
      this.bad.fill(0, change.sector, change.sector + change.sectors);
    }
  }

  /** Data whose only durable copy is in these sectors may be gone. */
  private breakOrHeal({
    kind,
    device,
    sector,
    sectors,
    reads,
  }: TraceEvent & { kind: 'break' | 'heal' }) {
    if (device !== 1) return;
    if (kind === 'heal') {
      this.bad.fill(0, sector, sector + sectors);
      return;
    }
    if (!reads) return;
    this.bad.fill(1, sector, sector + sectors);
    this.putAtRisk(sector, Math.min(sector + sectors, this.target.sectors));
  }

  /** Of those sectors the ones that are bad where their only copy is. */
  private putAtRisk(first: number, end: number): void {
    const assembled = this.assembler.assemble(crashed(this.disks, noneSurvives));
    if (typeof assembled === 'string') return;
    for (let at = first; at < end; at += 1) {
      const place = this.bad[at] === 1 ? this.assembler.place(assembled, at) : undefined;
      if (place?.disk === 0) this.risk[at] = this.order + 0.5;
    }
  }

  private note(text: string): void {
    const [word, number] = [text.split(' ')[0], Number(text.split(' ').at(-1))];
    if (word === 'VIOLATION') this.fault('none', text);
    if (this.tainted) return;
    if (word === 'live') {
      this.live = number;
      this.changed = true;
    }
    if (word !== 'evacuated') return;
    const left = this.assembler.liveEntries(crashed(this.disks, noneSurvives), number);
    if (left > 0) this.fault('none', `lease ${number} still names ${left} blocks once evacuated`);
  }

  private look(): void {
    this.moments += 1;
    const sure = this.judge('none', noneSurvives, undefined);
    if (!sure || this.disks.every(({ uncertain }) => uncertain.size === 0)) return;
    const orders = this.uncertainOrders();
    const random = seededRandom(seedFor(this.options.seed, String(this.event)));
    const names = survivalNames.slice(1);
    for (let index = 0; index < this.options.drawn; index += 1) {
      const name = names[Math.floor(random() * names.length)] as SurvivalName;
      this.judge(name, survival(name, random, orders), sure);
    }
  }

  /** From the oldest change that is uncertain to behind the youngest. */
  private uncertainOrders(): { first: number; last: number } {
    let first = this.order;
    for (const { uncertain } of this.disks) {
      for (const [oldest] of uncertain.values()) if (oldest) first = Math.min(first, oldest.order);
    }
    return { first, last: this.order + 1 };
  }

  private judge(name: SurvivalName, survives: Survival, sure: Assembled | undefined) {
    this.states += 1;
    const view = crashed(this.disks, survives);
    const assembled = this.assembler.assemble(view);
    if (typeof assembled === 'string') {
      this.fault(name, `the target does not come up: ${assembled}`);
      return undefined;
    }
    if (!this.tainted && assembled.generation < this.live) {
      this.fault(name, `generation ${assembled.generation} comes up where ${this.live} was live`);
    }
    const lost = sure && metadataFault(sure, assembled);
    if (lost !== undefined) this.fault(name, lost);
    const content = this.assembler.read(view, assembled, this.bad);
    const fault = this.contentFault(content);
    if (fault !== undefined) this.fault(name, fault);
    if (lost === undefined && fault === undefined) {
      const { event } = this;
      const bad = this.bad.slice();
      this.options.keep?.({ event, survival: name, view, bad, assembled, content });
    }
    return assembled;
  }

  private contentFault(content: Int32Array): string | undefined {
    let first: string | undefined;
    let more = 0;
    for (let at = 0; at < content.length; at += 1) {
      const fault = sectorFault(this.promised, at, content[at] ?? 0, this.risk[at] ?? 0);
      if (fault === undefined) continue;
      if (first === undefined) first = fault;
      else more += 1;
    }
    return more > 0 ? `${first ?? ''} (and ${more} sectors more)` : first;
  }

  private fault(survival: SurvivalName, what: string): void {
    this.faults.push({ event: this.event, survival, what });
  }
}
