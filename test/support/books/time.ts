import { DatabaseError, type Client } from 'pg';

const DEADLOCK = '40P01';

/** All that waits for a time to come waits no longer: claims of the dead run out, failures and needs are due. */
const STATEMENTS = [
  `UPDATE outbox SET claimed_at = claimed_at - interval '10 s'`,
  `UPDATE failed_message SET next_attempt_at = clock_timestamp() WHERE state <> 'dead'`,
  `UPDATE need SET next_attempt_at = clock_timestamp() - interval '1 s' WHERE state = 'open'`,
];

export async function timePasses(sql: Client): Promise<void> {
  for (const statement of STATEMENTS)
    await sql.query(statement).catch((error: unknown) => {
      // A manager was at the same rows; it passes them all the sooner.
      if (!(error instanceof DatabaseError && error.code === DEADLOCK)) throw error;
    });
}
