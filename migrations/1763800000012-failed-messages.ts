import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The outbox holds what is still to be handed over, and nothing else. A message whose handling failed waits
 * here, until a later try succeeds or somebody decides over the dead letter.
 */
export class FailedMessages1763800000012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM outbox WHERE published_at IS NOT NULL;
      DROP INDEX outbox_waiting, outbox_published;
      ALTER TABLE outbox DROP COLUMN published_at;
      CREATE TABLE failed_message (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        kind text NOT NULL,
        subject_id uuid NOT NULL,
        state text NOT NULL CHECK (state IN ('waiting', 'trying', 'dead')),
        attempts int NOT NULL,
        last_error text NOT NULL,
        first_failed_at timestamptz NOT NULL,
        last_failed_at timestamptz NOT NULL,
        next_attempt_at timestamptz NOT NULL,
        UNIQUE (kind, subject_id)
      );
      CREATE INDEX failed_message_due ON failed_message (next_attempt_at) WHERE state <> 'dead';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE failed_message;
      ALTER TABLE outbox ADD published_at timestamptz;
      CREATE INDEX outbox_waiting ON outbox (id) WHERE published_at IS NULL;
      CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
    `);
  }
}
