import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The constraint on lease.extent is the rule that no two leases overlap; code only tries to obey it. */
export class Books1763800000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE EXTENSION IF NOT EXISTS btree_gist;
      CREATE TABLE pool (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        name text NOT NULL UNIQUE,
        policy jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE TABLE spare (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        pool_id uuid NOT NULL REFERENCES pool,
        host_id uuid NOT NULL REFERENCES host,
        device_id text NOT NULL,
        disk_id text NOT NULL,
        size_sectors bigint NOT NULL,
        lendable_sectors bigint NOT NULL,
        state text NOT NULL DEFAULT 'available' CHECK (state IN ('available', 'failing', 'missing')),
        cordoned boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        removed_at timestamptz
      );
      CREATE UNIQUE INDEX spare_device ON spare (host_id, device_id) WHERE removed_at IS NULL;
      CREATE INDEX spare_pool ON spare (pool_id) WHERE removed_at IS NULL;
      CREATE TABLE target (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        host_id uuid NOT NULL REFERENCES host,
        pool_id uuid NOT NULL REFERENCES pool,
        name text NOT NULL,
        main_device_id text NOT NULL,
        main_disk_id text NOT NULL,
        block_sectors int NOT NULL,
        length_sectors bigint NOT NULL,
        array_peers text[] NOT NULL DEFAULT '{}',
        state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'active', 'deleting')),
        desired_table_generation bigint NOT NULL DEFAULT 0,
        delete_generation bigint,
        observed jsonb,
        present boolean NOT NULL DEFAULT false,
        conditions jsonb NOT NULL DEFAULT '[]',
        created_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz
      );
      CREATE UNIQUE INDEX target_name ON target (host_id, name) WHERE deleted_at IS NULL;
      CREATE UNIQUE INDEX target_main ON target (host_id, main_device_id) WHERE deleted_at IS NULL;
      CREATE TABLE need (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
        target_id uuid NOT NULL REFERENCES target,
        host_id uuid NOT NULL REFERENCES host,
        cause text NOT NULL CHECK (cause IN ('initial', 'low-water', 'requested')),
        state text NOT NULL DEFAULT 'open'
          CHECK (state IN ('open', 'placed', 'fulfilled', 'unmet', 'cancelled')),
        request_key text NOT NULL UNIQUE,
        sectors bigint NOT NULL,
        attempts int NOT NULL DEFAULT 0,
        message text,
        next_attempt_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
      );
      CREATE INDEX need_due ON need (next_attempt_at) WHERE state IN ('open', 'unmet');
      CREATE INDEX need_target ON need (target_id);
      CREATE TABLE lease (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
        target_id uuid NOT NULL REFERENCES target,
        spare_id uuid NOT NULL REFERENCES spare,
        need_id uuid NOT NULL UNIQUE REFERENCES need,
        extent int8range NOT NULL CHECK (NOT isempty(extent)),
        state text NOT NULL DEFAULT 'planned'
          CHECK (state IN ('planned', 'granted', 'active', 'draining', 'released')),
        generation bigint NOT NULL,
        total_blocks bigint NOT NULL,
        used_blocks bigint NOT NULL DEFAULT 0,
        retired_blocks bigint NOT NULL DEFAULT 0,
        errors bigint NOT NULL DEFAULT 0,
        health text NOT NULL DEFAULT 'ok' CHECK (health IN ('ok', 'full', 'failed')),
        created_at timestamptz NOT NULL,
        active_at timestamptz,
        released_at timestamptz,
        CONSTRAINT lease_extents_never_overlap
          EXCLUDE USING gist (spare_id WITH =, extent WITH &&) WHERE (state <> 'released')
      );
      CREATE INDEX lease_target ON lease (target_id) WHERE state <> 'released';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE lease, need, target, spare, pool');
  }
}
