import {
  NOT_MEASURED,
  type DeviceId,
  type DiskMeasurements,
  type ObservedDisk,
} from '../../../libs/contract/index.js';
import type { Conditions } from '../base/conditions.js';
import { errorCodeOf, messageOf } from '../base/errors.js';
import type { RunProgram } from '../base/run-program.js';
import { readDisks } from '../discover/block-devices.js';
import type { Inventory } from '../discover/inventory.js';
import { readText } from '../discover/sysfs.js';
import { busyMsIn, DiskLoad } from './disk-load.js';
import { runSmartctl } from './smartctl.js';

const MEASURE_EVERY_MS = 3_600_000;

export interface MeasurementParts {
  readonly sys: string;
  readonly run: RunProgram;
  readonly conditions: Conditions;
  readonly nowMs?: () => number;
}

interface Measured {
  readonly load: DiskLoad;
  facts: DiskMeasurements;
  dueAtMs: number;
  failure: { readonly missing: boolean; readonly message: string } | undefined;
}

const newlySeen = (): Measured => ({
  load: new DiskLoad(),
  facts: NOT_MEASURED,
  dueAtMs: -Infinity,
  failure: undefined,
});

/** What is not known now is as it was known last. */
const known = <T extends object>(facts: T): Partial<T> =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null)) as Partial<T>;

/** What the disks of this host tell of themselves over time. */
export class Measurements {
  private disks = new Map<DeviceId, Measured>();

  constructor(private readonly parts: MeasurementParts) {}

  /** The disks and partitions of an inventory as they are reported. */
  describe(inventory: Inventory): ObservedDisk[] {
    return [...inventory.values()].map(({ observed }) => ({
      ...observed,
      measured: this.disks.get(observed.diskId)?.facts ?? NOT_MEASURED,
    }));
  }

  /** Measures those disks that were not measured for an hour; ends early when the signal says so. */
  async take(signal: AbortSignal): Promise<void> {
    const present = await readDisks(this.parts.sys);
    this.disks = new Map(present.map(({ id }) => [id, this.disks.get(id) ?? newlySeen()]));
    for (const { id, kernelName } of present) {
      const disk = this.disks.get(id);
      if (disk && this.nowMs() >= disk.dueAtMs) await this.measure(disk, kernelName, signal);
      if (signal.aborted) return;
    }
    this.tellOfFailures();
  }

  private async measure(disk: Measured, kernelName: string, signal: AbortSignal): Promise<void> {
    await this.sampleLoad(disk.load, kernelName);
    disk.facts = { ...disk.facts, busyPercent: disk.load.percent };
    try {
      const health = await runSmartctl(this.parts.run, `/dev/${kernelName}`, signal);
      disk.facts = { ...disk.facts, ...known(health ?? {}) };
      disk.failure = undefined;
    } catch (error) {
      const missing = errorCodeOf(error) === 'ENOENT';
      disk.failure = { missing, message: `${kernelName}: ${messageOf(error)}` };
    }
    disk.dueAtMs = this.nowMs() + MEASURE_EVERY_MS;
  }

  private async sampleLoad(load: DiskLoad, kernelName: string): Promise<void> {
    const directory = `${this.parts.sys}/block/${kernelName}`;
    if ((await readText(`${directory}/queue/iostats`)) === '0') return;
    const busyMs = busyMsIn((await readText(`${directory}/stat`)) ?? '');
    if (busyMs !== undefined) load.sample(this.nowMs(), busyMs);
  }

  private nowMs(): number {
    return this.parts.nowMs?.() ?? performance.now();
  }

  private tellOfFailures(): void {
    const { conditions } = this.parts;
    const type = 'DisksMeasured';
    const disks = [...this.disks.values()];
    const failure = disks.map((disk) => disk.failure).find((each) => each !== undefined);
    if (failure === undefined) {
      const aged = disks.filter(({ facts }) => facts.powerOnHours !== null);
      const message = `${aged.length} of ${disks.length} disks tell their age`;
      conditions.set({ type, status: 'True', reason: 'Measured', message });
    } else if (failure.missing) {
      const message =
        'wear, age and predicted failure are unknown: install smartmontools, which is seen within an hour';
      conditions.set({ type, status: 'False', reason: 'SmartctlMissing', message });
    } else {
      const { message } = failure;
      conditions.set({ type, status: 'False', reason: 'SmartctlFailed', message });
    }
  }
}
