import { z } from 'zod';
import { HostId, Name, Timestamp } from './primitives.js';

/** POST /v1/enrolment-tokens (administrator). */
export const CreateEnrolmentToken = z.object({
  ttlSeconds: z
    .int()
    .min(60)
    .max(7 * 86_400)
    .default(3600),
});
export const EnrolmentToken = z.object({ token: z.string(), expiresAt: Timestamp });
export type EnrolmentToken = z.infer<typeof EnrolmentToken>;

/** POST /v1/enrol (no authentication but the one-time token). */
export const EnrolHost = z.object({
  token: z.string(),
  name: Name,
  /** /etc/machine-id or the like: the same machine enrolling again keeps its host id. */
  machineId: z.string().min(8).max(128),
});
export type EnrolHost = z.infer<typeof EnrolHost>;

/** The credential is shown once; the manager keeps a hash. */
export const EnrolledHost = z.object({ hostId: HostId, credential: z.string() });
export type EnrolledHost = z.infer<typeof EnrolledHost>;

export const Role = z.enum(['viewer', 'operator', 'administrator']);
export type Role = z.infer<typeof Role>;
