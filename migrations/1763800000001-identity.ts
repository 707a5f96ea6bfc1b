import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Identity1763800000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE operator (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        name text NOT NULL UNIQUE,
        role text NOT NULL CHECK (role IN ('viewer', 'operator', 'administrator')),
        token_hash bytea NOT NULL UNIQUE,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE TABLE host (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        name text NOT NULL UNIQUE,
        machine_id text NOT NULL UNIQUE,
        credential_hash bytea NOT NULL UNIQUE,
        cordoned boolean NOT NULL DEFAULT false,
        desired_generation bigint NOT NULL DEFAULT 1,
        desired_since timestamptz NOT NULL DEFAULT now(),
        observed_generation bigint NOT NULL DEFAULT 0,
        boot_id text,
        past_boot_ids text[] NOT NULL DEFAULT '{}',
        sequence bigint NOT NULL DEFAULT -1,
        inventory_hash text,
        kernel_release text,
        agent_version text,
        conditions jsonb NOT NULL DEFAULT '[]',
        last_seen_at timestamptz,
        enrolled_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE TABLE enrolment_token (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        token_hash bytea NOT NULL UNIQUE,
        expires_at timestamptz NOT NULL,
        used_at timestamptz,
        host_id uuid REFERENCES host,
        created_at timestamptz NOT NULL DEFAULT now()
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE enrolment_token, host, operator');
  }
}
