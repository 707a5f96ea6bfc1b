import { z } from 'zod';
import { HostId, TargetId, Timestamp } from './primitives.js';

/** One line of what happened, oldest first; `id` grows and is the cursor. */
export const Event = z.object({
  id: z.int(),
  at: Timestamp,
  type: z.string(),
  severity: z.enum(['info', 'warning', 'error']),
  hostId: HostId.nullable(),
  hostName: z.string().nullable(),
  targetId: TargetId.nullable(),
  targetName: z.string().nullable(),
  message: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type Event = z.infer<typeof Event>;

export const Page = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** GET /v1/status: the fleet on one screen. */
export const FleetStatus = z.object({
  hosts: z.object({ total: z.int(), ready: z.int(), unreachable: z.int(), behind: z.int() }),
  targets: z.object({ total: z.int(), active: z.int(), lowOnSpace: z.int(), withPending: z.int() }),
  remaps: z.object({ usedBlocks: z.int(), pendingBlocks: z.int() }),
  pools: z.array(
    z.object({ name: z.string(), spares: z.int(), totalSectors: z.int(), leasedSectors: z.int() }),
  ),
  /** Those that wait for a plan, those whose lease no kernel's table has yet, and those planned in vain. */
  needs: z.object({ open: z.int(), placed: z.int(), unmet: z.int() }),
});
export type FleetStatus = z.infer<typeof FleetStatus>;
