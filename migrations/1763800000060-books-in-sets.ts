import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables whose rows leases name. */
const NAMED = ['spare', 'target', 'need'];

/**
 * What a lease names is looked up once for all leases of a statement, not row by row as by a foreign key.
 * That is as strong since what it names is never deleted, which is a rule of the tables from here on.
 */
export class BooksInSets1763800000060 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION books_keep_all() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'rows of the table % are kept: others name them', TG_TABLE_NAME;
      END $$;
      ${NAMED.map(
        (table) => `
      CREATE TRIGGER keep_all BEFORE DELETE OR TRUNCATE OR UPDATE OF id ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION books_keep_all();`,
      ).join('')}
      CREATE TRIGGER keep_what_is_named BEFORE UPDATE OF target_id, spare_id, need_id ON lease
        FOR EACH STATEMENT EXECUTE FUNCTION books_keep_all();

      ALTER TABLE lease DROP CONSTRAINT lease_target_id_fkey, DROP CONSTRAINT lease_spare_id_fkey,
        DROP CONSTRAINT lease_need_id_fkey;
      -- A decision is written with the need that it is of, under that need's lock.
      ALTER TABLE decision DROP CONSTRAINT decision_need_id_fkey;

      CREATE OR REPLACE FUNCTION facts_of_new_leases() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        devices text[];
        hosts uuid[];
        known bigint;
      BEGIN
        SELECT array_agg(spare.device_id), array_agg(spare.host_id) || array_agg(target.host_id),
               count(*)
        INTO devices, hosts, known
        FROM changed JOIN spare ON spare.id = changed.spare_id
          JOIN target ON target.id = changed.target_id JOIN need ON need.id = changed.need_id;
        IF known < (SELECT count(*) FROM changed) THEN
          RAISE foreign_key_violation USING MESSAGE =
            'a lease names a spare, a target or a need that is not in the books';
        END IF;
        PERFORM raise_facts(devices, hosts);
        RETURN NULL;
      END $$;

      -- Which hosts see a device is asked for with every grant.
      DROP INDEX disk_device;
      CREATE INDEX disk_device ON disk (id) INCLUDE (host_id);
      CREATE INDEX spare_on_device ON spare (device_id) WHERE removed_at IS NULL;

      DROP TRIGGER facts_of_changed_targets ON target;
      CREATE OR REPLACE FUNCTION facts_of_changed_targets() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM raise_facts(NULL, ARRAY[NEW.host_id]);
        RETURN NULL;
      END $$;
      CREATE TRIGGER facts_of_changed_targets
        AFTER UPDATE OF name, main_device_id, main_disk_id, array_peers, pool_id, deleted_at ON target
        FOR EACH ROW WHEN (
          (NEW.name, NEW.main_device_id, NEW.main_disk_id, NEW.array_peers, NEW.pool_id, NEW.deleted_at)
          IS DISTINCT FROM
          (OLD.name, OLD.main_device_id, OLD.main_disk_id, OLD.array_peers, OLD.pool_id, OLD.deleted_at))
        EXECUTE FUNCTION facts_of_changed_targets();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER facts_of_changed_targets ON target;
      CREATE OR REPLACE FUNCTION facts_of_changed_targets() RETURNS trigger LANGUAGE plpgsql AS $$
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

      DROP INDEX spare_on_device;
      DROP INDEX disk_device;
      CREATE INDEX disk_device ON disk (id);

      CREATE OR REPLACE FUNCTION facts_of_new_leases() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM raise_facts(array_agg(spare.device_id),
                            array_agg(spare.host_id) || array_agg(target.host_id))
        FROM changed JOIN spare ON spare.id = changed.spare_id
          JOIN target ON target.id = changed.target_id;
        RETURN NULL;
      END $$;

      ALTER TABLE decision ADD FOREIGN KEY (need_id) REFERENCES need;
      ALTER TABLE lease ADD FOREIGN KEY (target_id) REFERENCES target,
        ADD FOREIGN KEY (spare_id) REFERENCES spare, ADD FOREIGN KEY (need_id) REFERENCES need;

      DROP TRIGGER keep_what_is_named ON lease;
      ${NAMED.map((table) => `DROP TRIGGER keep_all ON ${table};`).join('')}
      DROP FUNCTION books_keep_all;
    `);
  }
}
