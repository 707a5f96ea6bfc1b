import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { hasCode } from './errors.js';
import { writeWhole } from './files.js';
import { normalise, type SectorRange, subtract } from './sector-ranges.js';

/** Sectors of one disk that fail, by direction. */
export interface Breakage {
  readonly reads: readonly SectorRange[];
  readonly writes: readonly SectorRange[];
}

export type Direction = 'reads' | 'writes' | 'both';

export const intact: Breakage = { reads: [], writes: [] };

const ranges = z.array(z.object({ start: z.number(), count: z.number() }));
const fileSchema = z.record(z.string(), z.object({ reads: ranges, writes: ranges }));

export type BreakageByDisk = Readonly<Record<string, Breakage>>;

export function broken(breakage: Breakage, range: SectorRange, on: Direction): Breakage {
  return {
    reads: on === 'writes' ? breakage.reads : normalise([...breakage.reads, range]),
    writes: on === 'reads' ? breakage.writes : normalise([...breakage.writes, range]),
  };
}

export function healed(breakage: Breakage, range?: SectorRange): Breakage {
  if (!range) return intact;
  return { reads: subtract(breakage.reads, range), writes: subtract(breakage.writes, range) };
}

/** Damage outlives guests: it is read at every boot, until it is healed. */
export async function readBreakage(path: string): Promise<BreakageByDisk> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {};
    throw error;
  }
}

export async function writeBreakage(path: string, breakage: BreakageByDisk): Promise<void> {
  await writeWhole(path, JSON.stringify(breakage, null, 2));
}
