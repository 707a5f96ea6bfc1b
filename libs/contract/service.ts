import { z } from 'zod';

/**
 * PATCH of a spare or a host. Cordoned: nothing new is lent from it. Draining: what is lent is to move away
 * too. Draining includes cordoned; one that is no longer drained stays cordoned.
 */
export const UpdateService = z
  .object({ cordoned: z.boolean().optional(), draining: z.boolean().optional() })
  .refine(({ cordoned, draining }) => cordoned !== undefined || draining !== undefined, {
    error: 'say what is to change: cordoned or draining',
  });
export type UpdateService = z.infer<typeof UpdateService>;
