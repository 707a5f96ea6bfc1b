import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Inventory1763800000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE disk (
        host_id uuid NOT NULL REFERENCES host ON DELETE CASCADE,
        id text NOT NULL,
        disk_id text NOT NULL,
        observed jsonb NOT NULL,
        missing_since timestamptz,
        PRIMARY KEY (host_id, id)
      );
      CREATE TABLE raid_array (
        host_id uuid NOT NULL REFERENCES host ON DELETE CASCADE,
        uuid text NOT NULL,
        observed jsonb NOT NULL,
        PRIMARY KEY (host_id, uuid)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE raid_array, disk');
  }
}
