import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What each disk is used for, over all hosts: a row for each spare and each main device in the books, kept by
 * triggers so that no code can forget it. Partitions of one disk may have several uses on one host.
 */
export class DeviceClaims1763800000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE device_claim (
        spare_id uuid UNIQUE REFERENCES spare ON DELETE CASCADE,
        target_id uuid UNIQUE REFERENCES target ON DELETE CASCADE,
        host_id uuid NOT NULL REFERENCES host,
        device_id text NOT NULL,
        disk_id text NOT NULL,
        whole int NOT NULL GENERATED ALWAYS AS ((device_id = disk_id)::int) STORED,
        CHECK (num_nonnulls(spare_id, target_id) = 1),
        CONSTRAINT one_device_one_use UNIQUE (device_id),
        CONSTRAINT one_disk_one_host EXCLUDE USING gist (disk_id WITH =, host_id WITH <>),
        CONSTRAINT whole_disk_or_partitions EXCLUDE USING gist (disk_id WITH =, whole WITH <>)
      );
      INSERT INTO device_claim (spare_id, host_id, device_id, disk_id)
        SELECT id, host_id, device_id, disk_id FROM spare WHERE removed_at IS NULL;
      INSERT INTO device_claim (target_id, host_id, device_id, disk_id)
        SELECT id, host_id, main_device_id, main_disk_id FROM target WHERE deleted_at IS NULL;

      CREATE FUNCTION claim_device_of_spare() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        DELETE FROM device_claim WHERE spare_id = NEW.id;
        IF NEW.removed_at IS NULL THEN
          INSERT INTO device_claim (spare_id, host_id, device_id, disk_id)
          VALUES (NEW.id, NEW.host_id, NEW.device_id, NEW.disk_id);
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER claim_device AFTER INSERT OR UPDATE OF host_id, device_id, disk_id, removed_at
        ON spare FOR EACH ROW EXECUTE FUNCTION claim_device_of_spare();

      CREATE FUNCTION claim_device_of_target() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        DELETE FROM device_claim WHERE target_id = NEW.id;
        IF NEW.deleted_at IS NULL THEN
          INSERT INTO device_claim (target_id, host_id, device_id, disk_id)
          VALUES (NEW.id, NEW.host_id, NEW.main_device_id, NEW.main_disk_id);
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER claim_device AFTER INSERT OR UPDATE OF host_id, main_device_id, main_disk_id, deleted_at
        ON target FOR EACH ROW EXECUTE FUNCTION claim_device_of_target();

      CREATE INDEX disk_of ON disk (disk_id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX disk_of;
      DROP TRIGGER claim_device ON target;
      DROP TRIGGER claim_device ON spare;
      DROP FUNCTION claim_device_of_target(), claim_device_of_spare();
      DROP TABLE device_claim;
    `);
  }
}
