import { readFileSync, writeFileSync } from 'node:fs';

const BYTES = '/proc/sys/vm/dirty_background_bytes';
const RATIO = '/proc/sys/vm/dirty_background_ratio';
const KERNELS_OWN_RATIO = 10;

const SOON = 16 * 2 ** 20;

/**
 * Has the kernel write what tables grew by while that is little. By itself it lets a burst's pages become half a
 * minute old and then writes them all, and commits wait behind them. The answer is what was changed, if anything:
 * what somebody has set stays, and an ordinary user may change nothing.
 */
export function writeEarly() {
  try {
    const [bytes, ratio] = [BYTES, RATIO].map((file) => Number(readFileSync(file, 'utf8')));
    if (bytes !== 0 || ratio !== KERNELS_OWN_RATIO) return undefined;
    writeFileSync(BYTES, `${SOON}\n`);
    return `vm.dirty_background_bytes ${bytes} -> ${SOON}`;
  } catch {
    return undefined;
  }
}
