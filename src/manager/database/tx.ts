import { createHash } from 'node:crypto';
import type { ClientBase, QueryResultRow } from 'pg';
import type { QueryRunner } from 'typeorm';
import { isOutdated } from './errors.js';

/** What repositories run their SQL on: a transaction, or the pool for a single statement. */
export interface Sql {
  query<Row>(text: string, parameters?: readonly unknown[], planning?: Planning): Promise<Row[]>;
}

/**
 * A plan is kept from call to call, as small statements take longer to plan than to run. One that reads much
 * is planned anew: what it was made for, a table that was all but empty, may have grown since.
 */
export type Planning = 'kept' | 'anew';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const isPlain = (element: unknown): boolean =>
  typeof element === 'number' || (typeof element === 'string' && UUID.test(element));

/** Arrays of ids and numbers as PostgreSQL writes them: the driver would quote each, one by one. */
const parameterOf = (value: unknown): unknown =>
  Array.isArray(value) && value.every(isPlain) ? `{${value.join(',')}}` : value;

const names = new Map<string, string>();
let round = 0;

/** What a connection knows a prepared statement by. */
function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = createHash('sha256').update(`${round} ${text}`).digest('base64url');
  names.set(text, name);
  return name;
}

/** Another manager's migration has changed what statements answer: they are prepared anew. */
function prepareAnew(): void {
  round += 1;
  names.clear();
}

type Hook = () => Promise<void> | void;

/** One transaction with what is to happen just before it commits and after it has. */
export class Tx implements Sql {
  private readonly before: Hook[] = [];
  private readonly after: Hook[] = [];

  constructor(private readonly runner: QueryRunner) {}

  async query<Row>(
    text: string,
    parameters: readonly unknown[] = [],
    planning: Planning = 'kept',
  ): Promise<Row[]> {
    const client = (await this.runner.connect()) as ClientBase;
    const values = parameters.map(parameterOf);
    try {
      const query = planning === 'kept' ? { name: nameOf(text), text, values } : { text, values };
      return (await client.query<Row & QueryResultRow>(query)).rows;
    } catch (error) {
      if (isOutdated(error)) prepareAnew();
      throw error;
    }
  }

  /** Runs as the last thing inside the transaction, in the order given. */
  beforeCommit(hook: Hook): void {
    this.before.push(hook);
  }

  afterCommit(hook: Hook): void {
    this.after.push(hook);
  }

  async finish(): Promise<void> {
    for (const hook of this.before) await hook();
  }

  async committed(): Promise<void> {
    for (const hook of this.after) await hook();
  }
}
