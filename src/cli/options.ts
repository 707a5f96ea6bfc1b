import { usageError } from './errors.js';

/** How many of a list. */
export function countOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw usageError(`--limit cannot be "${text}"; say how many`);
}
