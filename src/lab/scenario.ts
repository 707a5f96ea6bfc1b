import { performance } from 'node:perf_hooks';
import { LabError, messageOf } from './errors.js';
import { Lab } from './lab.js';
import type { LabHost } from './lab-host.js';
import type { HostSpec } from './topology.js';

export interface ScenarioDefinition {
  readonly title: string;
  readonly run: (scenario: Scenario) => Promise<void>;
}

/** A scenario file's default export. */
export function scenario(
  title: string,
  run: (scenario: Scenario) => Promise<void>,
): ScenarioDefinition {
  return { title, run };
}

export interface ScenarioSettings {
  readonly directory: string;
  readonly seed: number;
  /** How long a random load runs, where the scenario leaves it open. */
  readonly minutes?: number;
  /** The parts to play; none means all. */
  readonly parts?: readonly string[];
  readonly write: (line: string) => void;
}

/** A step failed, and those after it would mean nothing. */
class StepFailed extends LabError {}

/** What a scenario tells as it goes, and what it counts. */
export class Scenario {
  passed = 0;
  failed = 0;
  private lab: Lab | undefined;
  private readonly unknownParts: Set<string>;
  private readonly startedAt = performance.now();

  constructor(private readonly settings: ScenarioSettings) {
    this.unknownParts = new Set(settings.parts);
  }

  /** Use it for every choice, so that a failure can be repeated with --seed. */
  get seed(): number {
    return this.settings.seed;
  }

  /** The scenario's own place for logs and the like. */
  get directory(): string {
    return this.settings.directory;
  }

  get minutes(): number | undefined {
    return this.settings.minutes;
  }

  /** The scenario's own lab, with blank disks; whatever an earlier run left is removed first. */
  async freshLab(topology?: readonly HostSpec[]): Promise<Lab> {
    const before = Lab.open(this.settings.directory);
    for (const host of before.hosts) {
      await host.powerOff();
      await host.wipe();
    }
    this.lab = Lab.open(this.settings.directory, topology);
    return this.lab;
  }

  get hosts(): readonly LabHost[] {
    return this.lab?.hosts ?? [];
  }

  /** What stands by itself: can be played alone, and when a step of it fails the next part still runs. */
  async part(name: string, action: () => Promise<void>): Promise<void> {
    const { parts = [] } = this.settings;
    this.unknownParts.delete(name);
    if (parts.length > 0 && !parts.includes(name)) return;
    this.settings.write(`          ${name}`);
    await this.untilStepFails(name, action);
  }

  /** One thing done or shown. If it throws, it counts as failed and the scenario ends. */
  async step<T>(name: string, action: () => Promise<T> | T): Promise<T> {
    const start = performance.now();
    try {
      const result = await action();
      this.passed++;
      this.say('pass', name, start);
      return result;
    } catch (error) {
      if (error instanceof StepFailed) throw error;
      this.failed++;
      this.say('FAIL', name, start);
      this.note(messageOf(error));
      throw new StepFailed(name);
    }
  }

  /** One fact. If it is false, it counts as failed and the scenario goes on. */
  check(fact: string, holds: boolean, detail = ''): void {
    if (holds) this.passed++;
    else this.failed++;
    this.say(holds ? 'pass' : 'FAIL', fact);
    if (!holds && detail) this.note(detail);
  }

  equal<T>(fact: string, actual: T, expected: T): void {
    const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
    this.check(fact, is === should, `expected ${should}\nbut got  ${is}`);
  }

  /** A line that counts for nothing. */
  note(text: string): void {
    for (const line of text.trimEnd().split('\n')) this.settings.write(`                  ${line}`);
  }

  /** Runs a definition to its end or its first failed step. */
  async play(definition: ScenarioDefinition): Promise<void> {
    await this.untilStepFails(definition.title, async () => {
      await definition.run(this);
      for (const name of this.unknownParts) this.check(`there is a part ${name}`, false);
    });
  }

  private async untilStepFails(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (error instanceof StepFailed) return;
      this.failed++;
      this.say('FAIL', `${what} did not reach its end`);
      this.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  private say(verdict: string, what: string, start?: number): void {
    const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1);
    const took = start === undefined ? '' : ` (${seconds(start)} s)`;
    this.settings.write(`${seconds(this.startedAt).padStart(8)} s  ${verdict}  ${what}${took}`);
  }
}
