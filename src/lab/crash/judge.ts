import type { Assembled } from './assembly.js';
import { type Change, foreign, unreadable, zeroes } from './content.js';
import type { Medium } from './medium.js';

const said: Readonly<Record<number, string>> = {
  [zeroes]: 'zeroes',
  [unreadable]: 'an error',
  [foreign]: 'what was never written there',
};

export const contentName = (content: number) => said[content] ?? `version ${content}`;

const versionOf = (change: Change, at: number) => change.versions[at - change.sector] ?? foreign;

/**
 * What a sector of the mapped device may hold after a crash: what was last flushed, or anything that was
 * asked for since. `risk` is when its only copy last went bad, in order numbers: older data may be gone.
 */
export function sectorFault(
  promised: Medium,
  at: number,
  content: number,
  risk: number,
): string | undefined {
  const durable = promised.durable[at] as Change;
  const held = versionOf(durable, at);
  if (content === held) return undefined;
  const newer = promised.uncertain.get(at) ?? [];
  if (newer.some((change) => versionOf(change, at) === content)) return undefined;
  if (content === unreadable && (risk > durable.order || held === unreadable)) return undefined;
  const choice = [held, ...newer.map((change) => versionOf(change, at))].map(contentName);
  return `sector ${at} holds ${contentName(content)} where it should hold ${choice.join(' or ')}`;
}

/** Metadata that was surely written does not go back to what was there before. */
export function metadataFault(sure: Assembled, state: Assembled): string | undefined {
  if (state.generation < sure.generation) {
    return `generation ${state.generation} comes up where ${sure.generation} was durable`;
  }
  for (const [lease, sequences] of state.sequences) {
    const before = sure.sequences.get(lease) ?? [];
    for (const [index, sequence] of sequences.entries()) {
      if (sequence >= (before[index] ?? 0)) continue;
      const what = index === 0 ? 'the superblock' : `entry page ${index - 1}`;
      return `${what} of lease ${lease} goes back from sequence ${before[index] ?? 0} to ${sequence}`;
    }
  }
  return undefined;
}
