import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a statement that travels with the commit found is known when it is too late: one that has to find all of
 * its rows as they were read refuses by itself.
 */
export class AllOrNone1763800000140 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION all_or_none(rows_found bigint, rows_wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        IF rows_found <> rows_wanted THEN
          RAISE EXCEPTION '% of % rows are as they were read', rows_found, rows_wanted USING ERRCODE = 'RM001';
        END IF;
      END $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION all_or_none');
  }
}
