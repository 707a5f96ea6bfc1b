import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Leases move off spares that are drained. A step down puts those on their way back into their tables. */
export class Evacuation1763800000050 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE lease
        ADD COLUMN left_generation bigint,
        DROP CONSTRAINT lease_state_check,
        ADD CONSTRAINT lease_state_check CHECK (state IN ('planned', 'granted', 'active', 'evacuating',
                                                          'leaving', 'draining', 'released'));
      ALTER TABLE need
        DROP CONSTRAINT need_cause_check,
        ADD CONSTRAINT need_cause_check
          CHECK (cause IN ('initial', 'low-water', 'requested', 'evacuation'));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      WITH back AS (
        UPDATE lease SET state = 'active' WHERE state IN ('evacuating', 'leaving')
        RETURNING target_id),
      tables AS (
        UPDATE target SET desired_table_generation = desired_table_generation + 1
        WHERE id IN (SELECT target_id FROM back) RETURNING host_id)
      UPDATE host SET desired_generation = desired_generation + 1
      WHERE id IN (SELECT host_id FROM tables);
      UPDATE need SET cause = 'low-water' WHERE cause = 'evacuation';
      ALTER TABLE need
        DROP CONSTRAINT need_cause_check,
        ADD CONSTRAINT need_cause_check CHECK (cause IN ('initial', 'low-water', 'requested'));
      ALTER TABLE lease
        DROP CONSTRAINT lease_state_check,
        ADD CONSTRAINT lease_state_check
          CHECK (state IN ('planned', 'granted', 'active', 'draining', 'released')),
        DROP COLUMN left_generation;
    `);
  }
}
