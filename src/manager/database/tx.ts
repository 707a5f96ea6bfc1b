import { createHash } from 'node:crypto';
import type { Client, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { outcomeUnknown } from '../problem.js';
import { isAborted, isDatabaseDown, isOutdated } from './errors.js';
import { parametersOf } from './parameters.js';

/** What repositories run their SQL on: a transaction, or the pool for a single statement. */
export interface Sql {
  query<Row>(text: string, parameters?: readonly unknown[], planning?: Planning): Promise<Row[]>;
}

/**
 * A plan is kept from call to call, as small statements take longer to plan than to run. One that reads much
 * is planned anew: what it was made for, a table that was all but empty, may have grown since.
 */
export type Planning = 'kept' | 'anew';

/** Changes nothing that outlasts a transaction of its own. */
const READS = /^\s*SELECT\s/;

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

/** What a beforeCommit hook sends: a text and its parameters. */
export type Statement = readonly [text: string, parameters?: readonly unknown[]];

/**
 * One transaction with what is to happen just before it commits and after it has. Statements are sent when
 * they are asked for and run in that order, so those that need nothing of each other's answers can be asked
 * for together, and travel together.
 */
export class Tx implements Sql {
  private readonly before: (() => readonly Statement[])[] = [];
  private readonly after: (() => Promise<void> | void)[] = [];
  private readonly owned = new Map<object, unknown>();
  private over = false;
  /** Of the statement that failed; those behind it are refused because of it, and tell of it. */
  private failure: unknown;
  /** While BEGIN is not answered, for those that wait for that. */
  private opening: Promise<void> | undefined;
  /** Something waits for it, so that nothing may overtake that. */
  private held = false;

  constructor(private readonly client: Client) {}

  async query<Row>(
    text: string,
    parameters: readonly unknown[] = [],
    planning: Planning = 'kept',
  ): Promise<Row[]> {
    if (this.opening && (this.held || !READS.test(text))) {
      this.held = true;
      await this.opening;
    }
    // What failed beside it has rolled the transaction back: here it would be one of its own.
    if (this.over) throw new Error('the transaction is over');
    const values = parametersOf(text, parameters);
    this.gather();
    try {
      const query = planning === 'kept' ? { name: nameOf(text), text, values } : { text, values };
      const { rows } = await this.ask<Row & QueryResultRow>(query);
      // Answered before this was. Where it was refused this was a transaction of its own.
      if (this.opening) await this.opening;
      return rows;
    } catch (error) {
      if (isOutdated(error)) prepareAnew();
      if (!isAborted(error)) this.failure = error;
      throw this.failure ?? error;
    }
  }

  /** Its statements are the last of the transaction, in the order of the hooks, and travel with the commit. */
  beforeCommit(hook: () => readonly Statement[]): void {
    this.before.push(hook);
  }

  afterCommit(hook: () => Promise<void> | void): void {
    this.after.push(hook);
  }

  /**
   * What its owner gathers in this transaction, made when it is first asked for. A WeakMap from transactions would
   * keep it until the next full collection: until then V8 takes for alive what an old one holds.
   */
  ownedBy<T>(owner: object, make: () => T): T {
    if (!this.owned.has(owner)) this.owned.set(owner, make());
    return this.owned.get(owner) as T;
  }

  /** What is asked for in one turn of the event loop is written at once: each write costs a system call. */
  private gather(): void {
    const { stream } = this.client.connection;
    stream.cork();
    process.nextTick(() => {
      stream.uncork();
    });
  }

  /**
   * The driver's own promise comes with a function that it assigns to a property, and V8 takes such a function for
   * one that stays: until the next full collection it keeps what was sent and what was read.
   */
  private async ask<Row extends QueryResultRow>(query: QueryConfig): Promise<QueryResult<Row>> {
    try {
      return await new Promise((resolve, reject) => {
        this.client.query<Row>(query, (error: Error | null, result) => {
          if (error) reject(error);
          else resolve(result);
        });
      });
    } catch (error) {
      // The driver's stack leads to its socket only.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    }
  }

  async begin(): Promise<void> {
    this.gather();
    await this.ask({ text: 'BEGIN' });
  }

  /**
   * Begins, and resolves at once: what reads first travels with BEGIN, and what writes waits until that is
   * answered, since behind a BEGIN that was refused each statement would be committed by itself.
   */
  open(): void {
    this.opening = this.begin().then(() => {
      this.opening = undefined;
    });
    // Who waits for it hears of it.
    this.opening.catch(() => undefined);
  }

  /**
   * Throws a problem when the connection is lost meanwhile, as nobody knows then what became of it. PostgreSQL
   * takes COMMIT also after a statement that failed, and rolls back.
   */
  async commit(): Promise<void> {
    await this.opening;
    const last = this.before.flatMap((hook) => hook());
    this.gather();
    const lastOnes = Promise.all(last.map(([text, parameters]) => this.query(text, parameters)));
    this.over = true;
    const [statements, commit] = await Promise.allSettled([lastOnes, this.ask({ text: 'COMMIT' })]);
    if (commit.status === 'rejected')
      throw isDatabaseDown(commit.reason) ? outcomeUnknown() : commit.reason;
    if (statements.status === 'rejected') throw statements.reason;
    const { command } = commit.value;
    if (command !== 'COMMIT')
      throw new Error(`a statement failed unnoticed: ${command}`, { cause: this.failure });
  }

  /** A connection that cannot even do that is not given to anybody else. */
  async rollBack(): Promise<void> {
    this.over = true;
    await this.ask({ text: 'ROLLBACK' }).catch(() => {
      void this.client.end();
    });
  }

  async committed(): Promise<void> {
    for (const hook of this.after) await hook();
  }
}
