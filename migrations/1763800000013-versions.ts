import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Grows with each change by people; what hosts report changes nothing of it. */
export class Versions1763800000013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['pool', 'spare', 'host', 'target'])
      await runner.query(`ALTER TABLE ${table} ADD version bigint NOT NULL DEFAULT 1`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['pool', 'spare', 'host', 'target'])
      await runner.query(`ALTER TABLE ${table} DROP COLUMN version`);
  }
}
