import { messageOf } from '../../../src/lab/errors.js';
import type { FigureName, Outcomes } from './figures.js';
import { BenchGuest } from './guest.js';
import type { LeasePlan } from './lease-plan.js';

/** Figures that are measured in one guest, one after another. */
export interface Measure {
  readonly name: string;
  readonly figures: readonly FigureName[];
  /** The leases that it needs for the wanted figures. */
  leases(wanted: Wanted): readonly LeasePlan[];
  run(guest: BenchGuest, wanted: Wanted): Promise<Outcomes>;
}

export type Wanted = (figure: FigureName) => boolean;

/** Boots the guest, measures, and ends it. What goes wrong is the outcome of all that were wanted. */
export async function perform(measure: Measure, module: string, wanted: Wanted): Promise<Outcomes> {
  let guest: BenchGuest | undefined;
  try {
    guest = await BenchGuest.boot({ name: measure.name, module, leases: measure.leases(wanted) });
    return await measure.run(guest, wanted);
  } catch (error) {
    const missing = messageOf(error).trim().split('\n').slice(-3).join(' ');
    return Object.fromEntries(measure.figures.filter(wanted).map((name) => [name, { missing }]));
  } finally {
    await guest?.end();
  }
}
