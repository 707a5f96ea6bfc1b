import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Each grant changes its host and its target, and what they were before stays in the page until every
 * transaction of that moment is over. Where a page has no room for that, the row moves to another one and is
 * entered anew into each index. Rows that are there already get the room as they move.
 */
export class RoomForGrants1763800000090 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE host SET (fillfactor = 25);
      ALTER TABLE target SET (fillfactor = 50);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE host SET (fillfactor = 50);
      ALTER TABLE target SET (fillfactor = 70);
    `);
  }
}
