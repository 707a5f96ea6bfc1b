import { usageError } from './errors.js';
import { parseSize } from './render/units.js';

/** A size as a person gives it, in sectors. */
export function sectorsOf(text: string): number {
  const sectors = parseSize(text);
  if (sectors !== undefined) return sectors;
  throw usageError(`"${text}" is no size; say for example 8MiB, a multiple of 4KiB`);
}
