import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an unchanged report is compared with: the last one that was taken whole, what the books of its host
 * were then, and until when that will do. A pool's low-water mark is the one thing beside a host's own books
 * that makes an old report tell something new.
 */
export class UnchangedReports1763800000020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE host
        ADD COLUMN report_hash text,
        ADD COLUMN report_books bigint,
        ADD COLUMN report_until timestamptz;

      CREATE FUNCTION take_reports_whole_of_low_targets() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE host SET report_hash = NULL
        WHERE id IN (SELECT id FROM host WHERE id IN (
            SELECT target.host_id FROM target
            WHERE pool_id = NEW.id AND deleted_at IS NULL
              AND (NEW.policy->>'lowWaterBlocks')::bigint > (
                SELECT coalesce(sum(total_blocks - used_blocks - retired_blocks), 0) FROM lease
                WHERE target_id = target.id AND health = 'ok' AND state IN ('granted', 'active')))
          ORDER BY id FOR NO KEY UPDATE);
        RETURN NULL;
      END $$;
      CREATE TRIGGER low_water AFTER UPDATE OF policy ON pool
        FOR EACH ROW WHEN (OLD.policy->'lowWaterBlocks' IS DISTINCT FROM NEW.policy->'lowWaterBlocks')
        EXECUTE FUNCTION take_reports_whole_of_low_targets();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER low_water ON pool;
      DROP FUNCTION take_reports_whole_of_low_targets;
      ALTER TABLE host DROP COLUMN report_hash, DROP COLUMN report_books, DROP COLUMN report_until;
    `);
  }
}
