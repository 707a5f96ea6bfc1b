import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the loss of a domain would mean to each host, as worked out from its facts of one version. It can be
 * worked out anew at any time; nothing refers to it.
 */
export class Coverage1763800000030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE host_coverage (
        host_id uuid PRIMARY KEY REFERENCES host,
        facts_version bigint NOT NULL,
        policies text NOT NULL,
        computed_at timestamptz NOT NULL
      );
      CREATE TABLE domain_coverage (
        host_id uuid NOT NULL REFERENCES host_coverage ON DELETE CASCADE,
        pool_id uuid NOT NULL REFERENCES pool ON DELETE CASCADE,
        level text NOT NULL,
        domain text NOT NULL,
        domain_host_id uuid REFERENCES host,
        spare_ids uuid[] NOT NULL,
        lost_sectors bigint NOT NULL,
        needed_sectors bigint NOT NULL,
        covered_sectors bigint NOT NULL,
        arrays integer NOT NULL,
        short_arrays jsonb NOT NULL,
        UNIQUE NULLS NOT DISTINCT (host_id, pool_id, level, domain, domain_host_id)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE domain_coverage; DROP TABLE host_coverage;');
  }
}
