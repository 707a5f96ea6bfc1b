import type { DomainLevel, RejectReason } from '../contract/index.js';
import type { Place } from './snapshot.js';

/** Narrow to wide. */
const LEVELS = ['disk', 'enclosure', 'controller', 'power', 'host', 'rack'] as const;

/** The level of a policy and every narrower one. */
export function levelsUpTo(level: DomainLevel): readonly DomainLevel[] {
  return LEVELS.slice(0, LEVELS.indexOf(level) + 1);
}

/** The name of the domain that both lie in; undefined when they share none or a label is not known. */
export function sharedDomain(level: DomainLevel, a: Place, b: Place): string | undefined {
  const same = (x: string | undefined, y: string | undefined) =>
    x !== undefined && x === y ? x : undefined;
  switch (level) {
    case 'disk':
      return same(a.diskId, b.diskId);
    case 'host':
      return same(a.hostId, b.hostId);
    case 'controller':
      // A controller is named by its bus address, which means nothing on another host.
      return a.hostId === b.hostId ? same(a.domains.controller, b.domains.controller) : undefined;
    case 'enclosure':
    case 'power':
    case 'rack':
      return same(a.domains[level], b.domains[level]);
  }
}

export const sharesReason = (level: DomainLevel): RejectReason =>
  `shares-${level}-with-array-member`;
