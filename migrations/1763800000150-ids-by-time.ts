import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['host', 'spare', 'target', 'need'];

const setDefault = (id: string) =>
  TABLES.map((table) => `ALTER TABLE ${table} ALTER COLUMN id SET DEFAULT ${id}();`).join('\n');

/**
 * The spares and targets of a host are mostly recorded one after the other: with ids that begin with the time they lie
 * beside each other in the indexes too, and a batch of needs goes through a few of their pages, not one for each row.
 */
export class IdsByTime1763800000150 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Version 7 of RFC 9562, with microseconds: 48 bits of milliseconds, 12 of their fractions, the rest random.
      CREATE FUNCTION uuid_by_time() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
        SELECT (lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex(us % 1000 * 4096 / 1000), 3, '0')
                || right(replace(gen_random_uuid()::text, '-', ''), 16))::uuid
        FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us) AS clock
      $$;
      ${setDefault('uuid_by_time')}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ${setDefault('gen_random_uuid')}
      DROP FUNCTION uuid_by_time;
    `);
  }
}
