import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A spare or host that is drained takes no new leases either, so draining implies cordoned. */
export class ServiceStates1763800000011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE spare ADD draining boolean NOT NULL DEFAULT false,
        ADD CONSTRAINT draining_is_cordoned CHECK (cordoned OR NOT draining);
      ALTER TABLE host ADD draining boolean NOT NULL DEFAULT false,
        ADD CONSTRAINT draining_is_cordoned CHECK (cordoned OR NOT draining);
      DROP TRIGGER facts_of_cordoned_host ON host;
      CREATE TRIGGER facts_of_cordoned_host AFTER UPDATE OF cordoned, draining ON host
        FOR EACH ROW WHEN ((OLD.cordoned, OLD.draining) IS DISTINCT FROM (NEW.cordoned, NEW.draining))
        EXECUTE FUNCTION facts_of_cordoned_host();
      ALTER TABLE target DROP CONSTRAINT target_state_check,
        ADD CONSTRAINT target_state_check CHECK (state IN ('planned', 'active', 'deleting', 'deleted'));
      UPDATE target SET state = 'deleted' WHERE deleted_at IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      UPDATE target SET state = 'deleting' WHERE state = 'deleted';
      ALTER TABLE target DROP CONSTRAINT target_state_check,
        ADD CONSTRAINT target_state_check CHECK (state IN ('planned', 'active', 'deleting'));
      DROP TRIGGER facts_of_cordoned_host ON host;
      CREATE TRIGGER facts_of_cordoned_host AFTER UPDATE OF cordoned ON host
        FOR EACH ROW WHEN (OLD.cordoned <> NEW.cordoned) EXECUTE FUNCTION facts_of_cordoned_host();
      ALTER TABLE host DROP COLUMN draining;
      ALTER TABLE spare DROP COLUMN draining;
    `);
  }
}
