import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Assembler } from '../../../src/lab/crash/assembly.js';
import { untouched } from '../../../src/lab/crash/content.js';
import {
  type CrashState,
  Replay,
  type ReplayResult,
  type Start,
} from '../../../src/lab/crash/replay.js';
import { imagesOf, renderState, tableLine } from '../../../src/lab/crash/state-file.js';
import type { View } from '../../../src/lab/crash/survival.js';
import { crashTarget, type CrashTarget, freshImages } from '../../../src/lab/crash/target.js';
import { traceEvents } from '../../../src/lab/crash/trace.js';
import { quoted } from '../../../src/lab/guest-commands.js';
import { seededRandom, seedFor } from '../../../src/lab/random.js';
import type { UmlGuest } from '../../../src/lab/uml/guest.js';
import { saveLife } from './saved-life.js';

export interface ChainSettings {
  readonly seed: number;
  /** Requests of a load. */
  readonly operations: number;
  readonly drawn: number;
  /** States of each load that the kernel itself has to put together. */
  readonly samples: number;
}

export interface LifeResult extends ReplayResult {
  readonly said: string;
  readonly events: number;
  /** For the load, for the states, for the kernel's part. */
  readonly seconds: readonly number[];
  readonly checkedByKernel: number;
  /** What the kernel made otherwise of a state than was expected. */
  readonly disagreements: readonly string[];
  /** Where all that repeats a fault is kept. */
  readonly saved?: string;
}

const faultsShown = 5;
const loadTimeoutMs = 240_000;
const checkTimeoutMs = 600_000;

/** Keeps each of a stream with the same odds. */
class Reservoir<T> {
  readonly kept: T[] = [];
  private seen = 0;

  constructor(
    private readonly size: number,
    private readonly random: () => number,
  ) {}

  offer(item: T): void {
    this.seen += 1;
    if (this.kept.length < this.size) this.kept.push(item);
    else {
      const at = Math.floor(this.random() * this.seen);
      if (at < this.size) this.kept[at] = item;
    }
  }
}

/** One target through several lives: each begins with what a crash left of the one before. */
export class Chain {
  readonly target: CrashTarget;
  private start: Start;
  private life = 0;
  private version = 0;

  constructor(
    private readonly guest: UmlGuest,
    private readonly program: string,
    private readonly directory: string,
    private readonly settings: ChainSettings,
    blockSectors: number,
  ) {
    this.target = crashTarget(blockSectors, randomUUID);
    this.start = {
      ...{ generation: 1, members: [0, 2] },
      images: freshImages(this.target),
      content: new Int32Array(this.target.sectors),
      bad: new Uint8Array(this.target.diskSectors[0] ?? 0),
    };
  }

  async makeDisks(): Promise<void> {
    for (const [disk, sectors] of this.target.diskSectors.entries()) {
      const name = `crash${disk + 1}`;
      await this.guest.run(
        `dmsetup create ${name} --noudevsync --table '0 ${sectors} crash-disk ${disk + 1}' && dmsetup mknodes ${name}`,
      );
    }
  }

  async removeDisks(): Promise<void> {
    const names = this.target.diskSectors.map((_, disk) => `crash${disk + 1}`);
    for (const name of names) await this.guest.run(`dmsetup remove --noudevsync ${name}`);
  }

  /** Runs a load, looks at what crashes may leave of it, and has the kernel look at some. */
  async live(): Promise<LifeResult> {
    this.life += 1;
    const seed = seedFor(this.settings.seed, `life ${this.life}`);
    const times = [performance.now()];
    const { said, log } = await this.load(seed);
    times.push(performance.now());
    const events = traceEvents(log);
    const samples = new Reservoir<CrashState>(this.settings.samples, seededRandom(seed));
    const replay = new Replay(this.target, this.start, {
      ...{ seed, drawn: this.settings.drawn, faultsWanted: faultsShown },
      keep: (state) => {
        samples.offer(state);
      },
    });
    const result = replay.run(events);
    times.push(performance.now());
    const disagreements = await this.checkWithKernel(samples.kept);
    times.push(performance.now());
    const seconds = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 1000);
    const wrong = result.faults.length > 0 || disagreements.length > 0;
    const saved = wrong
      ? await saveLife(join(this.directory, `life-${seed}`), this.target, this.start, log, {
          seed,
          drawn: this.settings.drawn,
        })
      : undefined;
    this.goOn(samples.kept.at(-1), events);
    return {
      ...result,
      ...{
        said,
        seconds,
        events: events.length,
        checkedByKernel: samples.kept.length,
        disagreements,
      },
      ...(saved !== undefined && { saved }),
    };
  }

  private async load(seed: number): Promise<{ said: string; log: Buffer }> {
    const { target, start } = this;
    const [state, logPath] = ['start.state', 'load.log'].map((name) =>
      join(this.guest.exchange, name),
    ) as [string, string];
    await rm(logPath, { force: true });
    const view = start.images.map((image) => {
      const change = untouched(image);
      return new Array<typeof change>(change.sectors).fill(change);
    });
    await writeFile(state, renderState(target, { view, bad: start.bad, table: start }));
    const argv = [
      ...[seed, this.settings.operations, state, logPath, target.sectors, target.blockSectors],
      ...[target.id, start.generation, this.version, start.members.join()],
      ...target.leases.map(({ id, disk, offset, length }) =>
        quoted(`${disk + 1} ${offset} ${length} ${id}`),
      ),
    ];
    const said = await this.guest.run(`${this.program} load ${argv.join(' ')}`, {
      timeoutMs: loadTimeoutMs,
    });
    return { said, log: await readFile(logPath) };
  }

  private async checkWithKernel(states: readonly CrashState[]): Promise<string[]> {
    const { target } = this;
    const [file, answersPath] = ['check.states', 'check.answers'].map((name) =>
      join(this.guest.exchange, name),
    ) as [string, string];
    let before: View | undefined;
    const rendered = states.map((state) => {
      const buffer = renderState(target, { ...state, table: state.assembled }, before);
      before = state.view;
      return buffer;
    });
    await writeFile(file, Buffer.concat(rendered));
    await rm(answersPath, { force: true });
    await this.guest.run(`${this.program} check ${file} ${answersPath} ${target.sectors}`, {
      timeoutMs: checkTimeoutMs,
    });
    return disagreements(target, states, await readFile(answersPath));
  }

  private goOn(state: CrashState | undefined, events: ReturnType<typeof traceEvents>): void {
    const issues = events.filter(({ kind }) => kind === 'issue').length;
    this.version += issues;
    if (!state) return;
    const { assembled, bad, view } = state;
    const { generation, members } = assembled;
    const assembler = new Assembler(this.target, assembled);
    const content = assembler.read(view, assembled, new Uint8Array(bad.length));
    this.start = { generation, members, images: imagesOf(view), content, bad };
  }
}

/** Where the kernel reads something else than was expected of a state. */
function disagreements(
  target: CrashTarget,
  states: readonly CrashState[],
  answers: Buffer,
): string[] {
  const found: string[] = [];
  let at = 0;
  for (const state of states) {
    const where = `event ${state.event}, ${state.survival} survives`;
    const made = answers.readUInt32LE(at);
    at += 4;
    if (made === 0) {
      found.push(`${where}: the kernel refuses ${tableLine(target, state.assembled)}`);
      continue;
    }
    for (let sector = 0; sector < target.sectors; sector += 1, at += 4) {
      const read = answers.readInt32LE(at);
      if (read === state.content[sector]) continue;
      found.push(
        `${where}: the kernel reads ${read} from sector ${sector}, not ${state.content[sector] ?? 0}`,
      );
      at += 4 * (target.sectors - sector);
      break;
    }
  }
  return found;
}
