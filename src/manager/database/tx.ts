import type { QueryRunner } from 'typeorm';

/** What repositories run their SQL on: a transaction, or the pool for a single statement. */
export interface Sql {
  query<Row>(text: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const isPlain = (element: unknown): boolean =>
  typeof element === 'number' || (typeof element === 'string' && UUID.test(element));

/** Arrays of ids and numbers as PostgreSQL writes them: the driver would quote each, one by one. */
const parameterOf = (value: unknown): unknown =>
  Array.isArray(value) && value.every(isPlain) ? `{${value.join(',')}}` : value;

type Hook = () => Promise<void> | void;

/** One transaction with what is to happen just before it commits and after it has. */
export class Tx implements Sql {
  private readonly before: Hook[] = [];
  private readonly after: Hook[] = [];

  constructor(private readonly runner: QueryRunner) {}

  async query<Row>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const result = await this.runner.query(text, parameters.map(parameterOf), true);
    return result.records as Row[];
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
