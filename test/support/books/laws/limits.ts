import { lawOf, type Law } from './law';

const SPELLS = `spell AS (
  SELECT subject, at, (detail->'after'->>'cordoned')::boolean AS cordoned,
         coalesce(lead(at) OVER (PARTITION BY subject ORDER BY id), 'infinity') AS until
  FROM audit WHERE action IN ('spare.update', 'host.update'))`;

/** At any moment. */
export const LIMITS: Law[] = [
  lawOf(
    'nothing is lent from a spare while it or its host is cordoned',
    `WITH ${SPELLS}
     SELECT lease.id, spare.id AS spare FROM lease JOIN spare ON spare.id = spare_id
       JOIN spell ON spell.cordoned AND subject IN (spare.id::text, spare.host_id::text)
     WHERE lease.created_at > at AND lease.created_at < until`,
  ),
  lawOf(
    "a host's targets get no more leases within the hour than the policy allows",
    `SELECT lease.id, (policy->>'maxGrantsPerHostPerHour')::int AS most, n FROM (
       SELECT lease.*, target.pool_id, count(*) OVER (PARTITION BY target.host_id ORDER BY lease.seq) AS n
       FROM lease JOIN target ON target.id = target_id) AS lease
     JOIN pool ON pool.id = pool_id WHERE n > (policy->>'maxGrantsPerHostPerHour')::int`,
  ),
  lawOf(
    'a pool grants no more leases within the hour than its policy allows',
    `SELECT pool.id, count(*) FROM lease JOIN spare ON spare.id = spare_id JOIN pool ON pool.id = pool_id
     GROUP BY pool.id HAVING count(*) > (policy->>'maxGrantsPerHour')::int`,
  ),
];
