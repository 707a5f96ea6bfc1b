import { z } from 'zod';
import { Timestamp } from './primitives.js';

/** Who changed what; never changed or removed once written. */
export const AuditEntry = z.object({
  id: z.int(),
  at: Timestamp,
  actor: z.string(),
  role: z.string(),
  action: z.string(),
  subject: z.string(),
  /** Why, as whoever did it said. */
  reason: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
});
export type AuditEntry = z.infer<typeof AuditEntry>;
