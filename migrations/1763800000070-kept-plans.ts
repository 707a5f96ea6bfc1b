import type { MigrationInterface, QueryRunner } from 'typeorm';

const raiseFacts = (language: string, [before, after]: readonly [string, string]) => `
  CREATE OR REPLACE FUNCTION raise_facts(devices text[], hosts uuid[]) RETURNS void
  LANGUAGE ${language} AS $$
    ${before}
    UPDATE host SET facts_version = facts_version + 1
    WHERE id IN (SELECT unnest(hosts) UNION SELECT host_id FROM disk WHERE id = ANY (devices));
    ${after}
  $$;`;

/**
 * A function in SQL is planned again each time it is called, one in PL/pgSQL once a connection; and what waits
 * without a plan is a handful among all that waits.
 */
export class KeptPlans1763800000070 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ${raiseFacts('plpgsql', ['BEGIN', 'END'])}
      CREATE INDEX need_unmet ON need (host_id) WHERE state = 'unmet';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX need_unmet;
      ${raiseFacts('sql', ['', ''])}
    `);
  }
}
