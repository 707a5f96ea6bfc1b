import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Documents and sentences, by which at most a few rows are told apart that were found by something else. */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  host: ['conditions'],
  disk: ['observed'],
  raid_array: ['observed'],
  target: ['observed', 'conditions'],
  decision: ['body'],
  event: ['message', 'data'],
  audit: ['detail'],
  answered_request: ['answer'],
  domain_coverage: ['short_arrays'],
};

const setStatistics = (target: number) =>
  Object.entries(KEPT)
    .flatMap(([table, columns]) =>
      columns.map(
        (column) => `ALTER TABLE ${table} ALTER COLUMN ${column} SET STATISTICS ${target};`,
      ),
    )
    .join('\n');

/**
 * To sort thousands of documents and see which are the most common is most of what PostgreSQL does when it
 * counts the books, a minute apart while they change much, and grants wait for the processor meanwhile.
 */
export class NothingToCount1763800000100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(setStatistics(0));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(setStatistics(-1));
  }
}
