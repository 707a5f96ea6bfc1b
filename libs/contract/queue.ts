import { z } from 'zod';
import { HostId, TargetId, Timestamp, Uuid } from './primitives.js';

/** place: look at that need. deliver: look whether that host has caught up. */
export const QueueKind = z.enum(['place', 'deliver']);
export type QueueKind = z.infer<typeof QueueKind>;

/** Jobs as BullMQ counts them. */
export const JobCounts = z.object({
  waiting: z.int(),
  active: z.int(),
  delayed: z.int(),
  failed: z.int(),
});
export type JobCounts = z.infer<typeof JobCounts>;

/** GET /v1/queue */
export const QueueStatus = z.object({
  redis: z.enum(['up', 'down']),
  kinds: z.array(
    z.object({
      kind: QueueKind,
      /** Committed, and not yet handed over. */
      waiting: z.int(),
      oldestSeconds: z.number().nullable(),
      /** Failed, and to be tried again. */
      retrying: z.int(),
      dead: z.int(),
      /** Null while Redis does not answer. */
      jobs: JobCounts.nullable(),
    }),
  ),
});
export type QueueStatus = z.infer<typeof QueueStatus>;

/** A message that failed too often to be tried again unasked. */
export const DeadLetter = z.object({
  id: z.int(),
  kind: QueueKind,
  /** The need to be placed, or the host to be woken. */
  subjectId: Uuid,
  hostId: HostId.nullable(),
  hostName: z.string().nullable(),
  targetId: TargetId.nullable(),
  targetName: z.string().nullable(),
  attempts: z.int(),
  lastError: z.string(),
  firstFailedAt: Timestamp,
  lastFailedAt: Timestamp,
});
export type DeadLetter = z.infer<typeof DeadLetter>;
