import type { QueryRunner } from 'typeorm';

/** What repositories run their SQL on: a transaction, or the pool for a single statement. */
export interface Sql {
  query<Row>(text: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

type Hook = () => Promise<void> | void;

/** One transaction with what is to happen just before it commits and after it has. */
export class Tx implements Sql {
  private readonly before: Hook[] = [];
  private readonly after: Hook[] = [];

  constructor(private readonly runner: QueryRunner) {}

  async query<Row>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const result = await this.runner.query(text, [...parameters], true);
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
