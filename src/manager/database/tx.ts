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

export type Statement = readonly [text: string, parameters?: readonly unknown[]];

/** A statement that travels with the commit, and who hears what it answered. */
interface Last {
  statement: Statement;
  told: (rows: unknown[]) => void;
}

function queryOf([text, parameters = []]: Statement, planning: Planning = 'kept'): QueryConfig {
  const values = parametersOf(text, parameters);
  return planning === 'kept' ? { name: nameOf(text), text, values } : { text, values };
}

/**
 * One transaction with what is to happen just before it commits and after it has. Statements are sent when
 * they are asked for and run in that order, so those that need nothing of each other's answers can be asked
 * for together, and travel together.
 */
export class Tx implements Sql {
  private readonly last: Last[] = [];
  /** Of those. */
  private answers: unknown[][] = [];
  private readonly before: (() => readonly Statement[])[] = [];
  private readonly after: (() => void)[] = [];
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
    const rows = await this.send<Row>(queryOf([text, parameters], planning));
    // Answered before this was. Where it was refused this was a transaction of its own.
    if (this.opening) await this.opening;
    return rows;
  }

  /**
   * Runs with the commit, in the order of the calls, and so takes no journey of its own; for what nothing in the
   * transaction reads afterwards. `told` hears what it answered once that is committed: a statement that finds
   * something else than it expects has to fail by itself.
   */
  withCommit<Row>(statement: Statement, told: (rows: Row[]) => void = () => undefined): void {
    if (this.over) throw new Error('the transaction is over');
    this.last.push({
      statement,
      told: (rows) => {
        told(rows as Row[]);
      },
    });
  }

  /** Its statements are the last of the transaction, in the order of the hooks, and travel with the commit. */
  beforeCommit(hook: () => readonly Statement[]): void {
    this.before.push(hook);
  }

  afterCommit(hook: () => void): void {
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

  private async send<Row>(query: QueryConfig): Promise<Row[]> {
    this.gather();
    try {
      const { rows } = await this.ask<Row & QueryResultRow>(query);
      return rows;
    } catch (error) {
      if (isOutdated(error)) prepareAnew();
      throw this.failure ?? error;
    }
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
          if (error) {
            if (!isAborted(error)) this.failure = error;
            reject(error);
          } else resolve(result);
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
   * takes COMMIT also after a statement that failed, and rolls back; but not after one that it has never seen, so
   * all are made before any is sent, and none that the driver refuses is committed without.
   */
  async commit(): Promise<void> {
    await this.opening;
    for (const statement of this.before.flatMap((hook) => hook())) this.withCommit(statement);
    const queries = this.last.map(({ statement }) => queryOf(statement));
    this.over = true;
    const lastOnes = Promise.all(queries.map((query) => this.send(query)));
    if (this.failure !== undefined) await lastOnes;
    this.gather();
    const [statements, commit] = await Promise.allSettled([lastOnes, this.ask({ text: 'COMMIT' })]);
    if (commit.status === 'rejected')
      throw isDatabaseDown(commit.reason) ? outcomeUnknown() : commit.reason;
    if (statements.status === 'rejected') throw statements.reason;
    const { command } = commit.value;
    if (command !== 'COMMIT')
      throw new Error(`a statement failed unnoticed: ${command}`, { cause: this.failure });
    this.answers = statements.value;
  }

  /** A connection that cannot even do that is not given to anybody else. */
  async rollBack(): Promise<void> {
    this.over = true;
    await this.ask({ text: 'ROLLBACK' }).catch(() => {
      void this.client.end();
    });
  }

  committed(): void {
    for (const [n, { told }] of this.last.entries()) told(this.answers[n] ?? []);
    for (const hook of this.after) hook();
  }
}
