import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The plan that raise_facts keeps may be made while there are few disks, and would go through all of them until
 * they are next counted, so it always goes by the index. Since when a host's desired state is what it is, nobody
 * asks any more.
 */
export class SteadyPlans1763800000080 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER FUNCTION raise_facts(text[], uuid[]) SET enable_seqscan = off');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER FUNCTION raise_facts(text[], uuid[]) RESET enable_seqscan');
  }
}
