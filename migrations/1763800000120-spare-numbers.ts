import type { MigrationInterface, QueryRunner } from 'typeorm';

/** With each grant a dozen spares are named in the decision: by their ids that was a third of all that was written. */
export class SpareNumbers1763800000120 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE spare ADD number int NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE spare DROP number');
  }
}
