import { between, oneOf, streamOf, type Random } from './draws.js';
import { MAIN_MODELS, SPARE_MODELS, type DriveModel } from './drive-models.js';
import { HOURS_A_YEAR } from './rates.js';

/** Drives that were bought together: one model, one firmware, one batch, one age. */
export interface Purchase {
  model: DriveModel;
  firmware: string;
  batch: string;
  /** When they were first used; before 0 for what the fleet begins with. */
  bornHours: number;
}

export interface RackPurchases {
  mains: readonly [Purchase, Purchase];
  spares: readonly [Purchase, Purchase, Purchase];
}

/** Of the drives that the fleet begins with; assumed. */
const OLDEST_YEARS = 5;

function purchase(
  random: Random,
  models: readonly [DriveModel, ...DriveModel[]],
  batch: string,
): Purchase {
  const model = oneOf(random, models);
  return {
    ...{ model, firmware: oneOf(random, model.firmwares), batch },
    bornHours: -between(random, 0, OLDEST_YEARS * HOURS_A_YEAR),
  };
}

/** What a rack is filled with. Some of its spares are left over from the purchase of the main devices. */
export function purchasesOf(seed: number, rack: number): RackPurchases {
  const random = streamOf(seed, 'purchases', rack);
  const mains = [0, 1].map((n) => purchase(random, MAIN_MODELS, `r${rack}-m${n}`));
  const spares = [0, 1].map((n) => purchase(random, SPARE_MODELS, `r${rack}-s${n}`));
  const [most, others] = mains as [Purchase, Purchase];
  const [flash, otherFlash] = spares as [Purchase, Purchase];
  return { mains: [most, others], spares: [most, flash, otherFlash] };
}

/** What is put in for a drive that is gone: a new one of the same model, from that quarter's batch. */
export function replacementFor({ model }: Purchase, atHours: number): Purchase {
  const quarter = Math.floor((4 * atHours) / HOURS_A_YEAR);
  const [firmware] = model.firmwares;
  return { model, firmware, batch: `${model.name}-q${quarter}`, bornHours: atHours };
}
