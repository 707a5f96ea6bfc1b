/** What is told is rounded to this, so that a report is not new each time… */
const STEP = 10;
/** …and stays while it is off by less than this, so that it does not flutter between two. */
const SLACK = 7.5;

/** How much of the time one disk was busy from one sample to the next, from its counter of busy milliseconds. */
export class DiskLoad {
  private last: { atMs: number; busyMs: number } | undefined;
  private told: number | null = null;

  /** 0 to 100 in tens; null until it was sampled twice. */
  get percent(): number | null {
    return this.told;
  }

  sample(atMs: number, busyMs: number): void {
    const { last } = this;
    this.last = { atMs, busyMs };
    // The counter begins anew with a disk that was pulled and came back.
    if (last === undefined || busyMs < last.busyMs || atMs <= last.atMs) return;
    const percent = Math.min(100, (100 * (busyMs - last.busyMs)) / (atMs - last.atMs));
    if (this.told !== null && Math.abs(percent - this.told) < SLACK) return;
    this.told = Math.round(percent / STEP) * STEP;
  }
}

/** Milliseconds during which the disk had I/O in flight, from `/sys/block/DISK/stat`. */
export function busyMsIn(stat: string): number | undefined {
  const busy = Number(stat.trim().split(/\s+/)[9]);
  return Number.isFinite(busy) ? busy : undefined;
}
