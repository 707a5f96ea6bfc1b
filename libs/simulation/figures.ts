import type { Tally } from './tally.js';

const over = (part: number, whole: number) => (whole > 0 ? part / whole : 0);

/** What one policy came to. docs/simulation.md says what each figure means. */
export function figuresOf({ sums, peaks }: Tally) {
  return {
    utilisationPercent: 100 * over(sums.usedHours, sums.hostHours),
    utilisationEndPercent: 100 * over(sums.endLentSectors, sums.endLendableSectors),
    spreadPercent: 100 * Math.sqrt(over(sums.spreadHours, sums.spareHours)),
    spreadEndPercent: 100 * Math.sqrt(over(sums.endSpread, sums.endSpares)),
    fullestOverMean: over(sums.fullestHours, sums.lendingHours),
    fullestPercent: 100 * peaks.mostUsed,

    needs: sums.needs,
    needsUnmet: sums.needsUnmet,
    needHoursUnmet: sums.unmetHours,
    needsLeftUnmet: sums.needsLeftUnmet,
    blocksWithoutSpace: sums.blocksWithoutSpace,

    bareArrayHours: sums.bareHours,
    bareArrayHoursByLeases: sums.bareByLeasesHours,
    arraysBrokenByLeases: sums.brokenByLeases,
    arraysLost: sums.arraysLost,
    blocksLost: sums.blocksLost,
    sharedDisks: sums.sharedDisks,

    arraysPerSpare: over(sums.leaningHours, sums.leanedOnHours),
    arraysPerSpareMost: peaks.mostLeaning,
    sparesLost: sums.sparesLost,
    arraysHitPerSpareLost: over(sums.arraysHit, sums.sparesLost),
    leasesLost: sums.leasesLost,
    blocksRebuilt: sums.blocksRebuilt,

    grants: sums.grants,
    leasesMoved: sums.leasesMoved,
    blocksMoved: sums.blocksMoved,
    leasesPerTarget: over(sums.endLeases, sums.endTargets),
    leasesPerTargetMost: peaks.mostLeases,
    scatteredPercent: 100 * over(sums.endScatteredSectors, sums.endFreeSectors),
  };
}

export type Figures = ReturnType<typeof figuresOf>;
