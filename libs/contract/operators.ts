import { z } from 'zod';
import { Role } from './enrolment.js';
import { Name, Timestamp, Uuid } from './primitives.js';

/** POST /v1/operators (administrator). */
export const CreateOperator = z.object({ name: Name, role: Role });
export type CreateOperator = z.infer<typeof CreateOperator>;

/** A person or a program that holds a token. */
export const Operator = z.object({ id: Uuid, name: Name, role: Role, createdAt: Timestamp });
export type Operator = z.infer<typeof Operator>;

/** The token is shown once; the manager keeps a hash. */
export const CreatedOperator = Operator.extend({ token: z.string() });
export type CreatedOperator = z.infer<typeof CreatedOperator>;
