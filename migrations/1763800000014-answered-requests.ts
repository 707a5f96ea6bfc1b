import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Answers to requests that carried an Idempotency-Key; one that held a secret is kept without it. */
export class AnsweredRequests1763800000014 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE answered_request (
        actor text NOT NULL,
        key text NOT NULL,
        request_hash bytea NOT NULL,
        answer jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (actor, key)
      );
      CREATE INDEX answered_request_age ON answered_request (created_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE answered_request');
  }
}
