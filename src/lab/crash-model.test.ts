import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type PowerCutOdds, type PowerCutTally, survivors } from './crash-model.js';
import { seededRandom } from './random.js';
import type { WriteLogEntry } from './write-log.js';

const write = (version: number, sector: number, sectors = 1, fua = false): WriteLogEntry => ({
  kind: 'write',
  sector,
  sectors,
  fua,
  dataOffset: version * 1_000_000,
});
const flush: WriteLogEntry = { kind: 'flush' };
const loseAll: PowerCutOdds = { keep: 0, torn: 0.25 };

function cut(entries: WriteLogEntry[], odds: PowerCutOdds, seed = 1, blockSectors = 1) {
  const tally: PowerCutTally = { durable: 0, survived: 0, torn: 0, lost: 0 };
  const writes = [...survivors(entries, odds, seededRandom(seed), blockSectors, tally)];
  const medium = new Map<number, number>();
  for (const { sector, sectors, dataOffset = 0 } of writes) {
    for (let at = 0; at < sectors; at++) {
      medium.set(sector + at, Math.floor(dataOffset / 1_000_000));
    }
  }
  return { medium, tally };
}

const anyEntry: fc.Arbitrary<WriteLogEntry> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(flush) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.integer({ min: 1, max: 999 }),
        fc.nat(12),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
      )
      .map(([version, sector, sectors, fua]) => write(version, sector, sectors, fua)),
  },
);
const anyOdds = fc.record({
  keep: fc.double({ min: 0, max: 1, noNaN: true }),
  torn: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe('a power cut', () => {
  it('keeps what a flush completed after, and may lose the rest', () => {
    const { medium, tally } = cut([write(1, 1), flush, write(2, 2)], loseAll);
    expect([...medium]).toEqual([[1, 1]]);
    expect(tally).toEqual({ durable: 1, survived: 0, torn: 0, lost: 1 });
  });

  it('keeps a forced write, but not for its sake what came before it', () => {
    const { medium } = cut([write(1, 1), write(2, 2, 1, true)], loseAll);
    expect([...medium]).toEqual([[2, 2]]);
  });

  it('lets a durable younger write win over a lost older one', () => {
    expect(cut([write(1, 5), write(2, 5, 1, true)], loseAll).medium.get(5)).toBe(2);
  });

  it('may lose a discard that was not flushed', () => {
    const discard: WriteLogEntry = { kind: 'discard', sector: 1, sectors: 4 };
    expect(cut([write(1, 1), flush, discard], loseAll).medium.get(1)).toBe(1);
    expect(cut([write(1, 1), discard, flush], loseAll).medium.get(1)).toBe(0);
  });

  it('tears a write only between blocks', () => {
    const torn = cut([write(1, 0, 64)], { keep: 0.5, torn: 1 }, 3, 8);
    expect(torn.tally.torn).toBe(1);
    for (let block = 0; block < 64; block += 8) {
      const kept = Array.from({ length: 8 }, (_, at) => torn.medium.has(block + at));
      expect(new Set(kept).size).toBe(1);
    }
  });

  it('leaves the same with the same seed', () => {
    const entries = Array.from({ length: 50 }, (_, index) => write(index + 1, index * 4, 4));
    const odds = { keep: 0.5, torn: 0.5 };
    expect(cut(entries, odds, 7)).toEqual(cut(entries, odds, 7));
    expect(cut(entries, odds, 7)).not.toEqual(cut(entries, odds, 8));
  });

  it('leaves each sector as the last durable write made it, or as a later one did', () => {
    fc.assert(
      fc.property(fc.array(anyEntry), anyOdds, fc.nat(), (entries, odds, seed) => {
        const { medium } = cut(entries, odds, seed);
        const lastFlush = entries.findLastIndex((entry) => entry.kind === 'flush');
        for (let sector = 0; sector < 16; sector++) {
          const allowed = new Set<number | undefined>([undefined]);
          for (const [index, entry] of entries.entries()) {
            if (entry.kind !== 'write') continue;
            if (sector < entry.sector || sector >= entry.sector + entry.sectors) continue;
            if (index < lastFlush || entry.fua) allowed.clear();
            allowed.add(entry.dataOffset / 1_000_000);
          }
          expect(allowed).toContain(medium.get(sector));
        }
      }),
    );
  });

  it('with everything kept leaves what was written', () => {
    fc.assert(
      fc.property(fc.array(anyEntry), fc.nat(), (entries, seed) => {
        const all = cut([...entries, flush], loseAll, seed).medium;
        expect(cut(entries, { keep: 1, torn: 0.5 }, seed).medium).toEqual(all);
      }),
    );
  });
});
