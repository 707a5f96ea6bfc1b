import { CommandError, messageOf } from '../base/errors.js';
import type { Log } from '../base/log.js';
import type { Locate } from '../discover/locate.js';
import type { Dmsetup } from '../dm/dmsetup.js';
import { dmUuidOf } from '../dm/targets.js';
import { renderOwner } from '../../../libs/dm-table/index.js';
import type { Attempts } from '../evacuate/attempts.js';
import { Evacuator } from '../evacuate/evacuator.js';
import { writeFormat, writeWipe } from '../lease/lease-device.js';
import type { MemoryStore } from '../memory.js';
import { markLive, markWiped } from '../memory-changes.js';
import { buildTable, findDevice, parseRunning } from './build-table.js';
import { leaseLabel, Refused } from './steps.js';
import type { Step, TablePlan } from './steps.js';

export interface ExecutorParts {
  readonly dmsetup: Dmsetup;
  readonly memory: MemoryStore;
  readonly attempts: Attempts;
  readonly locate: Locate;
  readonly log: Log;
}

/** Does single steps, each so that a crash in the middle leaves the old state or one that a plan repairs. */
export class Executor {
  /** The live table line of each target before its reload, to go back to. */
  private readonly before = new Map<string, string>();

  private readonly evacuator: Evacuator;

  constructor(private readonly parts: ExecutorParts) {
    this.evacuator = new Evacuator(parts);
  }

  async do(step: Step): Promise<void> {
    const { dmsetup, log } = this.parts;
    switch (step.kind) {
      case 'clear':
        log('warn', 'dropping a loaded table that was never swapped in', { target: step.name });
        return dmsetup.clear(step.name);
      case 'resume':
        return this.resume(step.name);
      case 'remove':
        return this.remove(step.name);
      case 'format':
        return this.format(step);
      case 'create':
        return this.create(step);
      case 'load':
        return this.load(step);
      case 'cancel':
        return this.evacuator.cancel(step.target);
      case 'evacuate':
        return this.evacuator.evacuate(step.target, step.leaseId);
      case 'wipe':
        return this.wipe(step);
    }
  }

  private async remove(name: string): Promise<void> {
    const { dmsetup, log } = this.parts;
    try {
      await dmsetup.remove(name);
      log('info', 'removed the target', { target: name });
    } catch (error) {
      if (!(error instanceof CommandError && /busy/i.test(error.stderr))) throw error;
      throw new Refused('TargetBusy', `${name} is in use; unmount it or stop the array over it`);
    }
  }

  private async format({ target, lease }: Extract<Step, { kind: 'format' }>): Promise<void> {
    const { node } = await findDevice(this.parts.locate, lease.deviceId, leaseLabel(lease));
    const { targetId, blockSectors } = target;
    await writeFormat(
      { ...lease, node },
      { targetId, leaseId: lease.leaseId, blockSectors, label: renderOwner(target) },
    );
    this.parts.log('info', 'formatted a lease', {
      target: target.name,
      lease: lease.leaseId,
      device: lease.deviceId,
    });
  }

  /** On disk before the kernel can put the first remap there. */
  private async rememberLive({ leases }: TablePlan): Promise<void> {
    const ids = leases.map(({ leaseId }) => leaseId);
    await this.parts.memory.update((memory) => markLive(memory, ids));
  }

  private async create(step: Extract<Step, { kind: 'create' }>): Promise<void> {
    const { target, generation, leases } = step;
    const table = await buildTable(step, this.parts.locate, null);
    await this.rememberLive(step);
    await this.parts.dmsetup.create(target.name, dmUuidOf(target.targetId), table);
    this.parts.log('info', 'the target is there', {
      target: target.name,
      generation,
      leases: leases.length,
    });
  }

  private async load(step: Extract<Step, { kind: 'load' }>): Promise<void> {
    const { dmsetup, locate } = this.parts;
    const live = await dmsetup.table(step.name);
    const table = await buildTable(step, locate, parseRunning(live));
    await this.rememberLive(step);
    await dmsetup.load(step.name, table);
    this.before.set(step.name, live);
    this.parts.log('info', 'loaded a table', {
      target: step.name,
      generation: step.generation,
      leases: step.leases.length,
    });
  }

  private async resume(name: string): Promise<void> {
    const { dmsetup, log } = this.parts;
    try {
      await dmsetup.resume(name);
      log('info', 'the target runs with its table', { target: name });
    } catch (error) {
      log('error', 'the target could not be resumed', { target: name, reason: messageOf(error) });
      await this.goBack(name);
      throw error;
    } finally {
      this.before.delete(name);
    }
  }

  /** Leaves the target running after a failed swap, with the new table or else with the one before. */
  private async goBack(name: string): Promise<void> {
    const { dmsetup, log } = this.parts;
    const info = (await dmsetup.info()).find((device) => device.name === name);
    if (info?.hasInactiveTable === true) await dmsetup.clear(name);
    if (info?.suspended !== true) return;
    try {
      await dmsetup.resume(name);
    } catch (error) {
      const line = this.before.get(name);
      if (line === undefined) throw error;
      log('warn', 'going back to the table before', { target: name });
      await dmsetup.load(name, line);
      await dmsetup.resume(name);
    }
  }

  private async wipe({ lease }: Extract<Step, { kind: 'wipe' }>): Promise<void> {
    const { node } = await findDevice(this.parts.locate, lease.deviceId, leaseLabel(lease));
    await writeWipe({ ...lease, node });
    await this.parts.memory.update((memory) => markWiped(memory, lease.leaseId));
    this.parts.log('info', 'wiped a lease', { lease: lease.leaseId, device: lease.deviceId });
  }
}
