import type { DomainLevel, RejectReason } from '../contract/index.js';
import { labelOf, type ArrayMember } from './array-members.js';
import type { Place } from './snapshot.js';

/** Narrow to wide. */
const LEVELS = ['disk', 'enclosure', 'controller', 'power', 'host', 'rack'] as const;

/** The level of a policy and every narrower one. */
export function levelsUpTo(level: DomainLevel): readonly DomainLevel[] {
  return LEVELS.slice(0, LEVELS.indexOf(level) + 1);
}

/** What two places have in common exactly when they share the domain; undefined when it is not known. */
export function domainKey(level: DomainLevel, place: Place): string | undefined {
  switch (level) {
    case 'disk':
      return place.diskId;
    case 'host':
      return place.hostId;
    case 'controller': {
      // A controller is named by its bus address, which means nothing on another host.
      const { controller } = place.domains;
      return controller === undefined ? undefined : `${place.hostId} ${controller}`;
    }
    case 'enclosure':
    case 'power':
    case 'rack':
      return place.domains[level];
  }
}

/** The domain as people call it. */
export function domainName(level: DomainLevel, place: Place & { hostName: string }): string {
  if (level === 'host') return place.hostName;
  return (level === 'controller' ? place.domains.controller : domainKey(level, place)) ?? 'unknown';
}

/** Not made each time: texts that are made are looked up letter by letter wherever they are a key. */
const SHARES = {
  disk: 'shares-disk-with-array-member',
  enclosure: 'shares-enclosure-with-array-member',
  controller: 'shares-controller-with-array-member',
  power: 'shares-power-with-array-member',
  host: 'shares-host-with-array-member',
  rack: 'shares-rack-with-array-member',
} as const satisfies Record<DomainLevel, RejectReason>;

export const sharesReason = (level: DomainLevel): RejectReason => SHARES[level];

const rules = new Map(
  LEVELS.map((level) => [sharesReason(level), `rule "no shared ${level} within an array": `]),
);

/** The rule that such a rejection names, as its detail begins with it. */
export const ruleOf = (reason: RejectReason): string | undefined => rules.get(reason);

export interface SharedDomain {
  level: DomainLevel;
  /** The array member that leans on the domain already. */
  label: string;
}

/** Finds the narrowest domain that a place shares with one of the members. */
export type DomainIndex = (place: Place) => SharedDomain | undefined;

function membersByDomain(
  members: readonly ArrayMember[],
  level: DomainLevel,
): Map<string, ArrayMember> {
  const byDomain = new Map<string, ArrayMember>();
  for (const member of members)
    for (const place of member.places) {
      const key = domainKey(level, place);
      if (key === undefined) continue;
      const known = byDomain.get(key);
      // The same one of several whatever order the facts are in.
      if (!known || (known !== member && labelOf(member) < labelOf(known)))
        byDomain.set(key, member);
    }
  return byDomain;
}

/** Indexes the members by their domains at the level and every narrower one. */
export function domainIndex(members: readonly ArrayMember[], widest: DomainLevel): DomainIndex {
  if (members.length === 0) return () => undefined;
  const levels = levelsUpTo(widest).map((level) => ({
    level,
    byDomain: membersByDomain(members, level),
  }));
  return (place) => {
    for (const { level, byDomain } of levels) {
      const key = domainKey(level, place);
      const member = key === undefined ? undefined : byDomain.get(key);
      if (member) return { level, label: labelOf(member) };
    }
    return undefined;
  };
}
