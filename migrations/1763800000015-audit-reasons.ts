import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AuditReasons1763800000015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE audit ADD reason text;
      CREATE INDEX audit_subject ON audit (subject, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX audit_subject;
      ALTER TABLE audit DROP COLUMN reason;
    `);
  }
}
