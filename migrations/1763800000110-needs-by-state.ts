import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Those that wait in vain are found among all that wait: with thousands of needs before their first plan every
 * sweep went through all of them.
 */
export class NeedsByState1763800000110 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX need_due;
      CREATE INDEX need_due ON need (state, next_attempt_at) WHERE state IN ('open', 'unmet');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX need_due;
      CREATE INDEX need_due ON need (next_attempt_at) WHERE state IN ('open', 'unmet');
    `);
  }
}
