import { writeFile } from 'node:fs/promises';
import { sleep } from '../base/sleep.js';
import { readNumber, readText } from '../discover/sysfs.js';
import type { SectorRange } from './repair-ranges.js';

const POLL_MS = 200;
const START_MS = 5_000;
const REPAIR_MS = 120_000;

/** The controls of one md array below `/sys/block/mdX/md`. */
export class MdControls {
  constructor(private readonly directory: string) {}

  private write(name: string, value: string | number): Promise<void> {
    return writeFile(`${this.directory}/${name}`, String(value));
  }

  async memberLayout(member: string) {
    const dataOffsetSectors = await readNumber(`${this.directory}/dev-${member}/offset`);
    const componentKiB = await readNumber(`${this.directory}/component_size`);
    if (dataOffsetSectors === undefined || componentKiB === undefined) return undefined;
    return { dataOffsetSectors, componentSectors: componentKiB * 2 };
  }

  /** Complete and doing nothing else. Nothing voluntary happens to an array that is not. */
  async isIdleAndWhole(): Promise<boolean> {
    const state = await readText(`${this.directory}/array_state`);
    return (
      ['clean', 'active', 'active-idle', 'write-pending'].includes(state ?? '') &&
      (await readNumber(`${this.directory}/degraded`)) === 0 &&
      (await readText(`${this.directory}/sync_action`)) === 'idle'
    );
  }

  /** Has md compare and rewrite one range, and waits for its end; md itself would wait there for ever. */
  async repair({ startSectors, endSectors }: SectorRange, signal: AbortSignal): Promise<void> {
    await this.write('sync_min', startSectors);
    await this.write('sync_max', endSectors);
    await this.write('sync_action', 'repair');
    const begun = performance.now();
    let started = false;
    while (!signal.aborted) {
      await sleep(POLL_MS, signal);
      const elapsed = performance.now() - begun;
      const running = (await readText(`${this.directory}/sync_action`)) === 'repair';
      started ||= running;
      const [done] = /^\d+/.exec((await readText(`${this.directory}/sync_completed`)) ?? '') ?? [];
      if (Number(done ?? 0) >= endSectors || (started && !running)) return;
      if (!started && elapsed > START_MS) throw new Error('md did not start the repair');
      if (elapsed > REPAIR_MS) throw new Error(`the repair is not done after ${REPAIR_MS} ms`);
    }
  }

  /** Ends a repair of a range, and lets the next check see the whole array. */
  async widen(): Promise<void> {
    if ((await readText(`${this.directory}/sync_action`)) === 'repair') {
      await this.write('sync_action', 'idle');
    }
    await this.write('sync_max', 'max');
    await this.write('sync_min', 0);
  }
}
