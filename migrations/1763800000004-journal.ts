import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Journal1763800000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE decision (
        seq bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        need_id uuid NOT NULL REFERENCES need,
        target_id uuid NOT NULL REFERENCES target,
        outcome text NOT NULL CHECK (outcome IN ('placed', 'unmet')),
        body jsonb NOT NULL
      );
      CREATE INDEX decision_target ON decision (target_id, seq);
      CREATE UNIQUE INDEX decision_last_unmet ON decision (need_id) WHERE outcome = 'unmet';
      CREATE TABLE outbox (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        kind text NOT NULL CHECK (kind IN ('place', 'deliver')),
        subject_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        claimed_at timestamptz,
        attempts int NOT NULL DEFAULT 0,
        published_at timestamptz
      );
      CREATE INDEX outbox_waiting ON outbox (id) WHERE published_at IS NULL;
      CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
      CREATE TABLE event (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        at timestamptz NOT NULL,
        type text NOT NULL,
        severity text NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
        host_id uuid REFERENCES host,
        target_id uuid REFERENCES target,
        message text NOT NULL,
        data jsonb NOT NULL
      );
      CREATE TABLE audit (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        actor text NOT NULL,
        role text NOT NULL,
        action text NOT NULL,
        subject text NOT NULL,
        detail jsonb NOT NULL
      );
      CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the audit log is append-only';
      END $$;
      CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE audit, event, outbox, decision;
      DROP FUNCTION audit_is_append_only();
    `);
  }
}
