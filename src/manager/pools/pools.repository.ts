import { PoolPolicy, type Pool, type PoolId } from '../../../libs/contract/index.js';
import type { PoolState } from '../../../libs/lifecycle/index.js';
import type { Sql } from '../database/database.service.js';
import { withoutKey, type Keyed, type PageRequest } from '../paging.js';

const SELECT = `
  SELECT pool.name AS "pageKey", pool.id, pool.name, pool.policy, pool.version, pool.created_at AS "createdAt",
         count(spare.id) AS "spareCount",
         coalesce(sum(spare.lendable_sectors), 0)::bigint AS "totalSectors",
         coalesce(sum(lent.sectors), 0)::bigint AS "leasedSectors"
  FROM pool LEFT JOIN spare ON spare.pool_id = pool.id AND spare.removed_at IS NULL
  LEFT JOIN LATERAL (
    SELECT sum(upper(extent) - lower(extent)) AS sectors FROM lease
    WHERE lease.spare_id = spare.id AND lease.state <> 'released') lent ON true`;

/** A policy stored before one of its fields existed has that field's default. */
const whole = (row: Keyed<Pool>): Keyed<Pool> => ({
  ...row,
  policy: PoolPolicy.parse(row.policy),
});

export async function insertPool(sql: Sql, name: string, policy: PoolPolicy): Promise<PoolId> {
  const [row] = await sql.query<{ id: PoolId }>(
    'INSERT INTO pool (name, policy) VALUES ($1, $2) RETURNING id',
    [name, JSON.stringify(policy)],
  );
  if (!row) throw new Error('INSERT … RETURNING gave no row');
  return row.id;
}

export async function policyOf(sql: Sql, id: PoolId): Promise<PoolPolicy | undefined> {
  const [row] = await sql.query<Pick<Pool, 'policy'>>('SELECT policy FROM pool WHERE id = $1', [
    id,
  ]);
  return row && PoolPolicy.parse(row.policy);
}

export async function updatePolicy(sql: Sql, id: PoolId, policy: PoolPolicy): Promise<void> {
  await sql.query('UPDATE pool SET policy = $2, version = version + 1 WHERE id = $1', [
    id,
    JSON.stringify(policy),
  ]);
}

export async function listPools(sql: Sql, page: PageRequest): Promise<Keyed<Pool>[]> {
  const rows = await sql.query<Keyed<Pool>>(
    `${SELECT} WHERE $1::text IS NULL OR pool.name > $1 GROUP BY pool.id ORDER BY pool.name LIMIT $2`,
    [page.after, page.limit + 1],
  );
  return rows.map(whole);
}

export async function poolByIdOrName(sql: Sql, idOrName: string): Promise<Pool | undefined> {
  const [row] = await sql.query<Keyed<Pool>>(
    `${SELECT} WHERE pool.id::text = $1 OR pool.name = $1 GROUP BY pool.id
     ORDER BY pool.id::text = $1 DESC LIMIT 1`,
    [idOrName],
  );
  return row && withoutKey<Pool>(whole(row));
}

export async function lockPool(sql: Sql, id: PoolId): Promise<void> {
  await sql.query('SELECT FROM pool WHERE id = $1 FOR UPDATE', [id]);
}

/** Used: a spare or a target, even a former one, refers to the pool. */
export async function stateOf(sql: Sql, id: PoolId): Promise<PoolState> {
  const [row] = await sql.query<{ state: PoolState }>(
    `SELECT CASE WHEN EXISTS (SELECT FROM spare WHERE pool_id = $1)
                   OR EXISTS (SELECT FROM target WHERE pool_id = $1)
                 THEN 'used' ELSE 'unused' END AS state FROM pool WHERE id = $1`,
    [id],
  );
  return row?.state ?? 'deleted';
}

export async function deletePool(sql: Sql, id: PoolId): Promise<void> {
  await sql.query('DELETE FROM pool WHERE id = $1', [id]);
}
