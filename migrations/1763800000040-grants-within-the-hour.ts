import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was granted to a host within the hour counts also when it was given back, or its target is gone. */
export class GrantsWithinTheHour1763800000040 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX lease_granted ON lease (target_id, created_at);
      DROP INDEX lease_target;
      CREATE INDEX target_host ON target (host_id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX target_host;
      CREATE INDEX lease_target ON lease (target_id) WHERE state <> 'released';
      DROP INDEX lease_granted;
    `);
  }
}
