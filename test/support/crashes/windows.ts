/** A place between two steps at which a manager may lose its connection or its life. */
export interface Window {
  of: 'postgres' | 'redis';
  /** before: what is asked never arrives. after: it is done, and who asked never learns of it. */
  when: 'before' | 'after';
  asked: RegExp;
  /** What the same transaction asked before. */
  since?: RegExp;
}

/** The outbox is written only when something was granted. */
const PLACING = /INSERT INTO lease[\s\S]*INSERT INTO outbox/;
const REPORTING = /UPDATE host SET boot_id/;

/** Each step of the way from a need to a released lease has its windows here. */
export const WINDOWS = {
  'need recorded, not committed': {
    of: 'postgres',
    when: 'before',
    asked: /^COMMIT/,
    since: /INSERT INTO need/,
  },
  'need committed, caller not told': {
    of: 'postgres',
    when: 'after',
    asked: /^COMMIT/,
    since: /INSERT INTO need/,
  },
  'request committed, caller not told': {
    of: 'postgres',
    when: 'after',
    asked: /^COMMIT/,
    since: /INSERT INTO answered_request/,
  },
  'job refused by Redis': { of: 'redis', when: 'before', asked: /subjectIds/ },
  'job taken by Redis, relay not told': { of: 'redis', when: 'after', asked: /subjectIds/ },
  'job published, outbox row not deleted': {
    of: 'postgres',
    when: 'before',
    asked: /^DELETE FROM outbox/,
  },
  'outbox row deleted, relay not told': {
    of: 'postgres',
    when: 'after',
    asked: /^DELETE FROM outbox/,
  },
  'needs read, nothing booked': { of: 'postgres', when: 'after', asked: /AS voluntary/ },
  'lease booked, host not raised': { of: 'postgres', when: 'after', asked: /INSERT INTO lease/ },
  'host raised, need not settled': {
    of: 'postgres',
    when: 'after',
    asked: /INSERT INTO outbox/,
    since: /INSERT INTO lease/,
  },
  'host raised, not committed': {
    of: 'postgres',
    when: 'before',
    asked: /^COMMIT/,
    since: PLACING,
  },
  'grant committed, planner not told': {
    of: 'postgres',
    when: 'after',
    asked: /^COMMIT/,
    since: PLACING,
  },
  'need settled, job not ended': { of: 'redis', when: 'before', asked: /returnvalue/ },
  'report stamped, not taken in': { of: 'postgres', when: 'after', asked: REPORTING },
  'report taken in, not committed': {
    of: 'postgres',
    when: 'before',
    asked: /^COMMIT/,
    since: REPORTING,
  },
  'report committed, agent not told': {
    of: 'postgres',
    when: 'after',
    asked: /^COMMIT/,
    since: REPORTING,
  },
  'desired state read, agent not told': {
    of: 'postgres',
    when: 'after',
    asked: /AS "absentTargets"/,
  },
  'target marked as deleting, not committed': {
    of: 'postgres',
    when: 'before',
    asked: /^COMMIT/,
    since: /delete_generation = \$2/,
  },
  'target deleted, caller not told': {
    of: 'postgres',
    when: 'after',
    asked: /^COMMIT/,
    since: /delete_generation = \$2/,
  },
  'lease drained or released, not committed': {
    of: 'postgres',
    when: 'before',
    asked: /^COMMIT/,
    since: /UPDATE lease SET state/,
  },
  'lease drained or released, agent not told': {
    of: 'postgres',
    when: 'after',
    asked: /^COMMIT/,
    since: /UPDATE lease SET state/,
  },
  'due needs taken, not in the outbox': {
    of: 'postgres',
    when: 'after',
    asked: /UPDATE need SET next_attempt_at/,
  },
} satisfies Record<string, Window>;

export type WindowName = keyof typeof WINDOWS;
export const WINDOW_NAMES = Object.keys(WINDOWS) as WindowName[];
