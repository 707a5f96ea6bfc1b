import { arraysLeaningOn, leasedSectors, type SpareFact } from '../placement/index.js';
import type { ArrayHealth } from './array-health.js';
import type { Books } from './books.js';
import type { Tally } from './tally.js';

/** How a host stands between two events. */
export interface Gauges {
  spares: number;
  /** Of all that the host can lend, what it has lent, 0 to 1. */
  used: number;
  /** Squared distances of the spares' utilisation from that, summed. */
  spread: number;
  fullest: number;
  leaning: number;
  leanedOn: number;
  mostLeaning: number;
  bare: number;
  bareByLeases: number;
  unmet: number;
}

const lent = (spares: readonly SpareFact[]) =>
  spares.reduce((sum, spare) => sum + leasedSectors(spare), 0);
const lendable = (spares: readonly SpareFact[]) =>
  spares.reduce((sum, spare) => sum + spare.lendableSectors, 0);

/** Utilisation of the spares that are there, as one and each. */
function utilisation(spares: readonly SpareFact[]) {
  const whole = lendable(spares);
  const used = whole > 0 ? lent(spares) / whole : 0;
  let spread = 0;
  let fullest = 0;
  for (const spare of spares) {
    const each = leasedSectors(spare) / spare.lendableSectors;
    spread += (each - used) ** 2;
    fullest = Math.max(fullest, each);
  }
  return { used, spread, fullest };
}

export function gaugesOf(books: Books, healths: readonly ArrayHealth[], unmet: number): Gauges {
  const spares = books.host.spares.filter(({ state }) => state === 'available');
  const leaning = books.host.spares.map((spare) => arraysLeaningOn(spare, books.host).size);
  const isBare = (missing: number, { tolerated }: ArrayHealth) => missing >= tolerated;
  return {
    ...{ spares: spares.length, ...utilisation(spares), unmet },
    leaning: leaning.reduce((sum, n) => sum + n, 0),
    leanedOn: leaning.filter((n) => n > 0).length,
    mostLeaning: Math.max(0, ...leaning),
    bare: healths.filter((health) => isBare(health.out + health.impaired, health)).length,
    bareByLeases: healths.filter(
      (health) => isBare(health.out + health.impaired, health) && !isBare(health.out, health),
    ).length,
  };
}

/** Adds that the host stood like this for so long. */
export function integrate(tally: Tally, gauges: Gauges, hours: number): void {
  const { sums } = tally;
  sums.hostHours += hours;
  sums.spareHours += gauges.spares * hours;
  sums.usedHours += gauges.used * hours;
  sums.spreadHours += gauges.spread * hours;
  if (gauges.used > 0) {
    sums.lendingHours += hours;
    sums.fullestHours += (gauges.fullest / gauges.used) * hours;
  }
  sums.leaningHours += gauges.leaning * hours;
  sums.leanedOnHours += gauges.leanedOn * hours;
  sums.bareHours += gauges.bare * hours;
  sums.bareByLeasesHours += gauges.bareByLeases * hours;
  sums.unmetHours += gauges.unmet * hours;
  tally.peak('mostUsed', gauges.fullest);
  tally.peak('mostLeaning', gauges.mostLeaning);
}

/** Adds how the host stands when all is over. */
export function close(tally: Tally, books: Books, gauges: Gauges): void {
  const { sums } = tally;
  sums.endSpares += gauges.spares;
  sums.endSpread += gauges.spread;
  sums.needsLeftUnmet += gauges.unmet;
  for (const { lendableSectors, free } of books.host.spares) {
    const freeSectors = free.reduce((sum, { length }) => sum + length, 0);
    sums.endLendableSectors += lendableSectors;
    sums.endLentSectors += lendableSectors - freeSectors;
    sums.endFreeSectors += freeSectors;
    sums.endScatteredSectors += freeSectors - Math.max(0, ...free.map(({ length }) => length));
  }
  for (const { leases } of books.targets.values()) {
    sums.endTargets += 1;
    sums.endLeases += leases.length;
    tally.peak('mostLeases', leases.length);
  }
}
