import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { databaseUnavailable, ProblemError } from '../problem.js';
import {
  isDatabaseDown,
  isNotAll,
  isOutdated,
  isRetryable,
  isUnstorable,
  violatedUnique,
} from './errors.js';
import { Gather } from './gather.js';
import { jsonList, listOfTexts, textsOf } from './json-list.js';
import { Tx, type Planning, type Sql, type Statement } from './tx.js';

export {
  Gather,
  Tx,
  jsonList,
  listOfTexts,
  textsOf,
  type Sql,
  type Statement,
  isDatabaseDown,
  isNotAll,
  isUnstorable,
  violatedUnique,
};

/** Every manager takes its own number in PostgreSQL's space of advisory locks. */
export const LOCKS = {
  migrate: 731_001,
  sweep: 731_002,
  events: 731_003,
  coverage: 731_004,
  /** Of one pool; a second number names the pool. */
  grants: 731_005,
} as const;

const ATTEMPTS = 6;

@Injectable()
export class DatabaseService implements Sql, OnApplicationBootstrap, OnModuleDestroy {
  private ready = false;
  private closing = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly log: PinoLogger,
  ) {
    log.setContext(DatabaseService.name);
  }

  onApplicationBootstrap(): void {
    void this.connect();
  }

  onModuleDestroy(): void {
    this.closing = true;
  }

  get isReady(): boolean {
    return this.ready;
  }

  /** Connects and migrates, for as long as it takes; until then every query answers 503. */
  private async connect(): Promise<void> {
    for (let pauseMs = 250; !this.closing; pauseMs = Math.min(pauseMs * 2, 5000)) {
      try {
        if (!this.dataSource.isInitialized) await this.dataSource.initialize();
        await this.migrate();
        this.ready = true;
        this.log.info('PostgreSQL is connected and the schema is up to date');
        return;
      } catch (error) {
        this.log.error({ err: error }, `PostgreSQL is not usable; trying again in ${pauseMs} ms`);
        await sleep(pauseMs, undefined, { ref: false });
      }
    }
  }

  private async migrate(): Promise<void> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.query('SET statement_timeout = 0');
      await runner.query('SELECT pg_advisory_lock($1)', [LOCKS.migrate]);
      await this.dataSource.runMigrations();
    } finally {
      await runner.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
      await runner.query('RESET statement_timeout').catch(() => undefined);
      await runner.release();
    }
  }

  async query<Row>(
    text: string,
    parameters: readonly unknown[] = [],
    planning?: Planning,
  ): Promise<Row[]> {
    this.mustBeReady();
    const runner = this.dataSource.createQueryRunner();
    try {
      const tx = await connection(runner);
      return await tx.query<Row>(text, parameters, planning).catch((error: unknown) => {
        if (isOutdated(error)) return tx.query<Row>(text, parameters, planning);
        throw error;
      });
    } catch (error) {
      throw isDatabaseDown(error) ? databaseUnavailable() : error;
    } finally {
      await runner.release().catch(() => undefined);
    }
  }

  /** Runs the whole of `work` again, from its first read, when another transaction was in the way. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    this.mustBeReady();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(work);
      } catch (error) {
        if (error instanceof ProblemError) throw error;
        if (isDatabaseDown(error)) throw databaseUnavailable();
        if (!isRetryable(error) || attempt === ATTEMPTS) throw error;
        await sleep(Math.random() * 20 * 2 ** attempt);
      }
    }
  }

  /**
   * Does the work unless another manager holds the lock; the lock goes with the connection. A statement with
   * parameters keeps its snapshot until the next one or the end, and while the work lasts nothing that was
   * changed in the books could be cleared away: this one has none.
   */
  async exclusively(lock: number, work: () => Promise<void>): Promise<void> {
    await this.transaction(async (tx) => {
      const [row] = await tx.query<{ mine: boolean }>(
        `SELECT pg_try_advisory_xact_lock(${lock}) AS mine`,
        [],
        'anew',
      );
      if (row?.mine) await work();
    });
  }

  private async once<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    let tx: Tx;
    let result: T;
    try {
      tx = await connection(runner);
      result = await inside(tx, work);
    } finally {
      await runner.release().catch(() => undefined);
    }
    tx.committed();
    return result;
  }

  private mustBeReady(): void {
    if (!this.ready) throw databaseUnavailable();
  }
}

async function connection(runner: QueryRunner): Promise<Tx> {
  return new Tx((await runner.connect()) as Client);
}

async function inside<T>(tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T> {
  tx.open();
  try {
    const result = await work(tx);
    await tx.commit();
    return result;
  } catch (error) {
    await tx.rollBack();
    throw error;
  }
}
