import type { Client } from 'pg';
import { Manager, type Backing } from '../../support/manager.js';
import { writeFleet, type FleetSize } from './fleet.js';

/** Books with so many leases, all active, on spares and targets of the fleet, each at its place. */
async function writeLeases(client: Client, leases: number): Promise<void> {
  await client.query(
    `CREATE TEMP TABLE booked AS
     SELECT gen_random_uuid() AS need_id, target_id, spare_id, host_id, n
     FROM (SELECT target.id AS target_id, target.host_id,
                  row_number() OVER (PARTITION BY target.host_id ORDER BY target.name) AS k
           FROM target) AS targets
     JOIN (SELECT spare.id AS spare_id, spare.host_id,
                  row_number() OVER (PARTITION BY spare.host_id ORDER BY device_id) AS k
           FROM spare) AS spares USING (host_id, k)
     CROSS JOIN generate_series(0, $1::int / (SELECT count(*)::int FROM target) - 1) AS n`,
    [leases],
  );
  await client.query(
    `INSERT INTO need (id, target_id, host_id, cause, state, request_key, sectors, created_at,
                       updated_at, next_attempt_at)
     SELECT need_id, target_id, host_id, 'low-water', 'fulfilled', need_id::text, 16384, now(), now(),
            now() FROM booked`,
  );
  await client.query(
    `INSERT INTO lease (id, target_id, spare_id, need_id, extent, generation, total_blocks, state,
                        created_at)
     SELECT gen_random_uuid(), target_id, spare_id, need_id,
            int8range(2048 + 16384 * n::bigint, 2048 + 16384 * (n::bigint + 1)), n + 1, 2024, 'active',
            now()
     FROM booked`,
  );
  await client.query('DROP TABLE booked');
  await client.query('VACUUM ANALYZE');
}

/** Seconds from starting a manager on full books until it is ready. */
export async function bootSeconds(
  backing: Backing,
  client: Client,
  size: FleetSize,
  leases: number,
): Promise<number> {
  await writeFleet(client, size);
  await writeLeases(client, leases);
  const start = performance.now();
  const manager = await Manager.startReady(backing);
  const seconds = (performance.now() - start) / 1000;
  await manager.kill('SIGTERM');
  return seconds;
}
