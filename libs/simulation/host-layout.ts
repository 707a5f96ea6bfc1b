import type { FailureDomains } from '../contract/index.js';
import { below, oneOf, streamOf } from './draws.js';
import type { FleetOptions } from './options.js';
import { purchasesOf, type Purchase } from './purchases.js';
import { HOSTS_A_RACK, RACKS_A_POWER_FEED } from './rates.js';

/** With as many, every array of the layout outlives the loss of an enclosure by its main devices alone. */
export const ENCLOSURES = 4;

const LEVELS = [
  { level: 'raid6', members: 6 },
  { level: 'raid5', members: 4 },
  { level: 'raid1', members: 2 },
] as const;

const SPARE_SIZES = [1, 2, 4] as const;
/** Spare drives that come from the purchase of the main devices, and others. */
const MAIN_FROM_SECOND_PURCHASE = 0.25;

export interface Bay {
  enclosure: number;
  domains: FailureDomains;
  /** What is in it when the fleet begins. */
  purchase: Purchase;
  /** Share of its time that the drive is busy with other things. */
  busyPercent: number;
  /** Lent out of the drive; 0 for a main device. */
  spareSectors: number;
}

export interface ArrayLayout {
  level: 'raid1' | 'raid5' | 'raid6';
  bays: number[];
}

/** One host as it is built; main devices are in the first bays, spares in the others. */
export interface HostLayout {
  index: number;
  name: string;
  rack: number;
  powerFeed: number;
  mains: number;
  bays: Bay[];
  arrays: ArrayLayout[];
}

/** Arrays of six, four and two members in turn, as far as the disks go; one left over stays alone. */
export function arraysOver(disks: number): ArrayLayout[] {
  const arrays: ArrayLayout[] = [];
  let bay = 0;
  for (let turn = 0; disks - bay >= 2; turn += 1) {
    const shape = LEVELS[turn % LEVELS.length];
    if (!shape || shape.members > disks - bay) continue;
    arrays.push({
      level: shape.level,
      bays: Array.from({ length: shape.members }, (_, i) => bay + i),
    });
    bay += shape.members;
  }
  return arrays;
}

export function layoutOf(options: FleetOptions, index: number): HostLayout {
  const { seed, disksPerHost, sparesPerHost, smallestSpareSectors } = options;
  const rack = Math.floor(index / HOSTS_A_RACK);
  const powerFeed = Math.floor(rack / RACKS_A_POWER_FEED);
  const { mains, spares } = purchasesOf(seed, rack);
  const random = streamOf(seed, 'host', index);
  const bays = Array.from({ length: disksPerHost + sparesPerHost }, (_, i): Bay => {
    const enclosure = i % ENCLOSURES;
    const isMain = i < disksPerHost;
    const bought = isMain
      ? mains[random() < MAIN_FROM_SECOND_PURCHASE ? 1 : 0]
      : oneOf(random, spares);
    const size = SPARE_SIZES[(i - disksPerHost) % SPARE_SIZES.length] ?? 0;
    return {
      enclosure,
      domains: {
        ...{ enclosure: `h${index}-e${enclosure}`, slot: i },
        ...{ controller: `0000:0${Math.floor(enclosure / 2) + 1}:00.0` },
        ...{ rack: `rack${rack}`, power: `feed${powerFeed}` },
      },
      purchase: bought,
      busyPercent: below(random, 60),
      spareSectors: isMain ? 0 : size * smallestSpareSectors,
    };
  });
  return {
    ...{ index, name: `h${index}`, rack, powerFeed, mains: disksPerHost, bays },
    arrays: arraysOver(disksPerHost),
  };
}
