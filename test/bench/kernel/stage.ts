import { type BenchGuest, type Grant } from './guest.js';
import type { LeasePlan } from './lease-plan.js';
import { MAIN_MIB, MILLION, randomLease } from './leases.js';

const sectorsPerMiB = 2048;
export const mainSectors = MAIN_MIB * sectorsPerMiB;

let million: LeasePlan | undefined;
export const millionAtRandom = () => (million ??= randomLease('random', 'random', MILLION));
/** One remap in a lease of one block: the same target, but for its remaps. */
export const almostEmpty = randomLease('one', 'one', 1);

/** Bare devices for a main device and for the data of leases. */
export interface Stage {
  readonly guest: BenchGuest;
  readonly main: string;
  readonly data: string;
}

export async function setStage(guest: BenchGuest): Promise<Stage> {
  const main = await guest.nullBlk('main', { sizeMiB: MAIN_MIB });
  const data = await guest.nullBlk('data', { sizeMiB: MAIN_MIB });
  return { guest, main, data };
}

export async function grantOf({ guest, data }: Stage, plan: LeasePlan): Promise<Grant> {
  return { plan, device: await guest.spare(plan, data, mainSectors) };
}
