import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A host's facts are what its targets' needs are planned on. Their version is raised by triggers, so that no
 * path that changes the books can forget to, and whoever holds the host's lock knows whether what is in
 * memory still is what the books say.
 */
export class Facts1763800000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE host ADD COLUMN facts_version bigint NOT NULL DEFAULT 1;
      ALTER TABLE pool ADD COLUMN facts_version bigint NOT NULL DEFAULT 1;
      ALTER TABLE need
        ADD COLUMN priority smallint NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
        ADD COLUMN urgency double precision NOT NULL DEFAULT 0,
        ADD COLUMN planned_on bigint[];
      ALTER TABLE target
        ADD COLUMN remaps_per_hour double precision NOT NULL DEFAULT 0,
        ADD COLUMN rate_at timestamptz;
      ALTER TABLE decision ALTER COLUMN body TYPE json USING body::json;
      -- What a journal names is never deleted, or checked by what it refers to already.
      ALTER TABLE decision DROP CONSTRAINT decision_target_id_fkey;
      ALTER TABLE event DROP CONSTRAINT event_host_id_fkey, DROP CONSTRAINT event_target_id_fkey;
      -- Rows that change with every grant: room in their pages keeps their indexes out of it.
      ALTER TABLE host SET (fillfactor = 50);
      ALTER TABLE target SET (fillfactor = 70);
      CREATE INDEX disk_device ON disk (id);

      CREATE FUNCTION raise_facts(devices text[], hosts uuid[]) RETURNS void LANGUAGE sql AS $$
        UPDATE host SET facts_version = facts_version + 1
        WHERE id IN (SELECT unnest(hosts) UNION SELECT host_id FROM disk WHERE id = ANY (devices))
      $$;

      CREATE FUNCTION facts_of_spares() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM raise_facts(array_agg(device_id), array_agg(host_id)) FROM changed;
        UPDATE pool SET facts_version = facts_version + 1
        WHERE id IN (SELECT pool_id FROM changed);
        RETURN NULL;
      END $$;
      CREATE TRIGGER facts_of_new_spares AFTER INSERT ON spare
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION facts_of_spares();
      CREATE TRIGGER facts_of_spares AFTER UPDATE ON spare
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION facts_of_spares();

      CREATE FUNCTION facts_of_new_leases() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM raise_facts(array_agg(spare.device_id),
                            array_agg(spare.host_id) || array_agg(target.host_id))
        FROM changed JOIN spare ON spare.id = changed.spare_id
          JOIN target ON target.id = changed.target_id;
        RETURN NULL;
      END $$;
      CREATE TRIGGER facts_of_new_leases AFTER INSERT ON lease
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION facts_of_new_leases();
      CREATE FUNCTION facts_of_released_leases() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM raise_facts(array_agg(spare.device_id),
                            array_agg(spare.host_id) || array_agg(target.host_id))
        FROM changed JOIN before USING (id) JOIN spare ON spare.id = changed.spare_id
          JOIN target ON target.id = changed.target_id
        WHERE (changed.state = 'released') <> (before.state = 'released')
        HAVING count(*) > 0;
        RETURN NULL;
      END $$;
      CREATE TRIGGER facts_of_released_leases AFTER UPDATE ON lease
        REFERENCING NEW TABLE AS changed OLD TABLE AS before
        FOR EACH STATEMENT EXECUTE FUNCTION facts_of_released_leases();

      CREATE FUNCTION facts_of_targets() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM raise_facts(NULL, array_agg(host_id)) FROM changed;
        RETURN NULL;
      END $$;
      CREATE TRIGGER facts_of_new_targets AFTER INSERT ON target
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION facts_of_targets();
      CREATE FUNCTION facts_of_changed_targets() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM raise_facts(NULL, array_agg(changed.host_id))
        FROM changed JOIN before USING (id)
        WHERE (changed.name, changed.main_device_id, changed.main_disk_id, changed.array_peers,
               changed.pool_id, changed.deleted_at)
          IS DISTINCT FROM (before.name, before.main_device_id, before.main_disk_id,
                            before.array_peers, before.pool_id, before.deleted_at)
        HAVING count(*) > 0;
        RETURN NULL;
      END $$;
      CREATE TRIGGER facts_of_changed_targets AFTER UPDATE ON target
        REFERENCING NEW TABLE AS changed OLD TABLE AS before
        FOR EACH STATEMENT EXECUTE FUNCTION facts_of_changed_targets();

      CREATE FUNCTION facts_of_disks() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM raise_facts(array_agg(id), array_agg(host_id)) FROM changed HAVING count(*) > 0;
        RETURN NULL;
      END $$;
      CREATE TRIGGER facts_of_new_disks AFTER INSERT ON disk
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION facts_of_disks();
      CREATE TRIGGER facts_of_disks AFTER UPDATE ON disk
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION facts_of_disks();
      CREATE TRIGGER facts_of_old_disks AFTER DELETE ON disk
        REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION facts_of_disks();

      CREATE TRIGGER facts_of_new_arrays AFTER INSERT ON raid_array
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION facts_of_targets();
      CREATE TRIGGER facts_of_arrays AFTER UPDATE ON raid_array
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION facts_of_targets();
      CREATE TRIGGER facts_of_old_arrays AFTER DELETE ON raid_array
        REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION facts_of_targets();

      CREATE FUNCTION facts_of_cordoned_host() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM raise_facts((SELECT array_agg(device_id) FROM spare
                             WHERE host_id = NEW.id AND removed_at IS NULL), ARRAY[NEW.id]);
        RETURN NULL;
      END $$;
      CREATE TRIGGER facts_of_cordoned_host AFTER UPDATE OF cordoned ON host
        FOR EACH ROW WHEN (OLD.cordoned <> NEW.cordoned) EXECUTE FUNCTION facts_of_cordoned_host();

      CREATE FUNCTION facts_of_pool() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.facts_version := OLD.facts_version + 1;
        RETURN NEW;
      END $$;
      CREATE TRIGGER facts_of_pool BEFORE UPDATE OF policy ON pool
        FOR EACH ROW WHEN (OLD.policy <> NEW.policy) EXECUTE FUNCTION facts_of_pool();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER facts_of_pool ON pool;
      DROP TRIGGER facts_of_cordoned_host ON host;
      DROP TRIGGER facts_of_old_arrays ON raid_array;
      DROP TRIGGER facts_of_arrays ON raid_array;
      DROP TRIGGER facts_of_new_arrays ON raid_array;
      DROP TRIGGER facts_of_old_disks ON disk;
      DROP TRIGGER facts_of_disks ON disk;
      DROP TRIGGER facts_of_new_disks ON disk;
      DROP TRIGGER facts_of_changed_targets ON target;
      DROP TRIGGER facts_of_new_targets ON target;
      DROP TRIGGER facts_of_released_leases ON lease;
      DROP TRIGGER facts_of_new_leases ON lease;
      DROP TRIGGER facts_of_spares ON spare;
      DROP TRIGGER facts_of_new_spares ON spare;
      DROP FUNCTION facts_of_pool, facts_of_cordoned_host, facts_of_disks, facts_of_changed_targets,
        facts_of_targets, facts_of_released_leases, facts_of_new_leases, facts_of_spares, raise_facts;
      DROP INDEX disk_device;
      ALTER TABLE target RESET (fillfactor);
      ALTER TABLE host RESET (fillfactor);
      ALTER TABLE event ADD FOREIGN KEY (host_id) REFERENCES host,
        ADD FOREIGN KEY (target_id) REFERENCES target;
      ALTER TABLE decision ADD FOREIGN KEY (target_id) REFERENCES target;
      ALTER TABLE decision ALTER COLUMN body TYPE jsonb USING body::jsonb;
      ALTER TABLE target DROP COLUMN remaps_per_hour, DROP COLUMN rate_at;
      ALTER TABLE need DROP COLUMN priority, DROP COLUMN urgency, DROP COLUMN planned_on;
      ALTER TABLE pool DROP COLUMN facts_version;
      ALTER TABLE host DROP COLUMN facts_version;
    `);
  }
}
