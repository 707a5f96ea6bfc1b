import type { WriteLogEntry } from './write-log.js';

export interface PowerCutOdds {
  /** Share of the unflushed writes that reach the medium all the same, 0 to 1. */
  readonly keep: number;
  /** Share of the unflushed writes whose blocks are decided one by one, so that a write may be torn. */
  readonly torn: number;
}

/** Sectors that are on the medium after the cut: copied from the log, or zeroed by a discard. */
export interface SurvivingWrite {
  readonly sector: number;
  readonly sectors: number;
  /** Absent for a discard. */
  readonly dataOffset?: number;
}

export interface PowerCutTally {
  durable: number;
  survived: number;
  torn: number;
  lost: number;
}

const bytesPerSector = 512;

/**
 * What a disk with a volatile write cache holds after a power cut, in the order to be applied.
 *
 * A flush makes durable every write completed before it was *issued*. The log has a flush where it
 * *completed*, and each write from the moment it was carried out, before the guest was told. So a
 * write that completed before the flush was issued always stands before it in the log and is kept; one
 * that raced with the flush may stand before it too and is then kept as well, which a disk is free to
 * do. What stands behind the last flush is certain of nothing, except a forced write (FUA) of itself.
 *
 * Order decides the rest: where a lost older write and a durable younger one meet, the younger wins,
 * because all that survives is applied in log order. A write that survives leaves the disk as though
 * the cache had written it back early; of an overlapping pair, either, both or none may have been.
 */
export function* survivors(
  entries: readonly WriteLogEntry[],
  odds: PowerCutOdds,
  random: () => number,
  blockSectors: number,
  tally: PowerCutTally,
): Generator<SurvivingWrite> {
  const lastFlush = entries.findLastIndex((entry) => entry.kind === 'flush');
  for (const [index, entry] of entries.entries()) {
    if (entry.kind === 'flush') continue;
    if (index < lastFlush || (entry.kind === 'write' && entry.fua)) {
      tally.durable++;
      yield part(entry, 0, entry.sectors);
    } else if (entry.sectors > blockSectors && random() < odds.torn) {
      yield* tornWrite(entry, odds.keep, random, blockSectors, tally);
    } else if (random() < odds.keep) {
      tally.survived++;
      yield part(entry, 0, entry.sectors);
    } else {
      tally.lost++;
    }
  }
}

type DataEntry = Exclude<WriteLogEntry, { kind: 'flush' }>;

function part(entry: DataEntry, from: number, sectors: number): SurvivingWrite {
  const sector = entry.sector + from;
  if (entry.kind === 'discard') return { sector, sectors };
  return { sector, sectors, dataOffset: entry.dataOffset + from * bytesPerSector };
}

function* tornWrite(
  entry: DataEntry,
  keep: number,
  random: () => number,
  blockSectors: number,
  tally: PowerCutTally,
): Generator<SurvivingWrite> {
  let kept = 0;
  let dropped = 0;
  for (let at = 0; at < entry.sectors; at += blockSectors) {
    const sectors = Math.min(blockSectors, entry.sectors - at);
    if (random() < keep) {
      kept++;
      yield part(entry, at, sectors);
    } else {
      dropped++;
    }
  }
  if (kept === 0) tally.lost++;
  else if (dropped === 0) tally.survived++;
  else tally.torn++;
}
