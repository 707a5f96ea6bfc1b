import type { ObservedArray, ObservedTarget } from '../../../libs/contract/index.js';
import { parsePendingList, readAllPages } from '../../../libs/dm-table/index.js';
import type { Conditions } from '../base/conditions.js';
import { messageOf } from '../base/errors.js';
import type { Log } from '../base/log.js';
import type { Dmsetup } from '../dm/dmsetup.js';
import type { MemoryStore } from '../memory.js';
import type { Observation } from '../observe.js';
import { MdControls } from './md-sysfs.js';
import { repairRanges } from './repair-ranges.js';

const SAME_BLOCKS_AGAIN_MS = 600_000;
const RANGES_AT_A_TIME = 64;

export interface PendingRepairParts {
  readonly sys: string;
  readonly dmsetup: Dmsetup;
  readonly memory: MemoryStore;
  readonly conditions: Conditions;
  readonly log: Log;
  readonly onRepaired: () => void;
}

interface Job {
  readonly array: ObservedArray;
  readonly member: string;
  readonly target: ObservedTarget;
}

/** Raid1 only: the one level where a sector of a member is a sector of the array. */
function jobsIn({ arrays, targets }: Observation): Job[] {
  return arrays
    .filter(
      ({ level, degraded, syncAction }) =>
        level === 'raid1' && degraded === 0 && syncAction === 'idle',
    )
    .flatMap((array) =>
      array.members.flatMap(({ kernelName, targetId }) => {
        const target = targets.find((candidate) => candidate.targetId === targetId);
        return target && target.pendingBlocks > 0 ? [{ array, member: kernelName, target }] : [];
      }),
    );
}

/** Asks md to rewrite pending blocks from redundancy, so that the target moves them now, not some day. */
export class PendingRepair {
  private readonly busy = new Set<string>();
  private readonly tried = new Map<string, { blocks: string; at: number }>();

  constructor(
    private readonly parts: PendingRepairParts,
    private readonly signal: AbortSignal,
  ) {}

  private controls(array: string): MdControls {
    return new MdControls(`${this.parts.sys}/block/${array}/md`);
  }

  /** Widens what an agent that died in a repair left narrowed. */
  async recover(): Promise<void> {
    const { memory, log } = this.parts;
    for (const array of memory.current.narrowedArrays) {
      await this.controls(array)
        .widen()
        .catch((error: unknown) => {
          log('warn', 'cannot end an unfinished repair', { array, reason: messageOf(error) });
        });
    }
    await this.mark([]);
  }

  /** Starts what is to be repaired, one repair at a time on each array. */
  consider(observation: Observation): void {
    for (const job of jobsIn(observation)) {
      const array = job.array.kernelName;
      if (this.busy.has(array)) continue;
      this.busy.add(array);
      void this.repair(job).finally(() => this.busy.delete(array));
    }
  }

  private async mark(narrowedArrays: string[]): Promise<void> {
    await this.parts.memory.update((memory) =>
      memory.narrowedArrays.join() === narrowedArrays.join()
        ? memory
        : { ...memory, narrowedArrays },
    );
  }

  private async rangesOf({ array, member, target }: Job) {
    const { dmsetup } = this.parts;
    const pending = await readAllPages(
      (first) => dmsetup.message(target.name, 'pending', String(first)),
      parsePendingList,
    );
    if (!pending.ok) throw new Error(pending.message);
    const layout = await this.controls(array.kernelName).memberLayout(member);
    const blocks = pending.value.join();
    const before = this.tried.get(target.name);
    const again = before?.blocks === blocks && performance.now() - before.at < SAME_BLOCKS_AGAIN_MS;
    if (layout === undefined || again) return [];
    this.tried.set(target.name, { blocks, at: performance.now() });
    const { blockSectors } = target;
    return repairRanges(pending.value, { ...layout, blockSectors }).slice(0, RANGES_AT_A_TIME);
  }

  private async repair(job: Job): Promise<void> {
    const { conditions, log, memory, onRepaired } = this.parts;
    const array = job.array.kernelName;
    const type = `PendingRepaired/${array}`;
    try {
      const ranges = await this.rangesOf(job);
      if (ranges.length === 0) return;
      const controls = this.controls(array);
      log('info', 'asking md to repair pending blocks', { array, ranges: ranges.length });
      await this.mark([...memory.current.narrowedArrays, array]);
      for (const range of ranges) {
        if (!(await controls.isIdleAndWhole())) break;
        await controls.repair(range, this.signal).finally(() => controls.widen());
      }
      await this.mark(memory.current.narrowedArrays.filter((name) => name !== array));
      conditions.set({ type, status: 'True', reason: 'Repaired', message: '' });
      onRepaired();
    } catch (error) {
      const message = messageOf(error);
      log('warn', 'md could not repair pending blocks', { array, reason: message });
      conditions.set({ type, status: 'False', reason: 'RepairFailed', message });
    }
  }
}
