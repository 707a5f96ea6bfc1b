import { lawOf, type Law } from './law';

/** One event a lease or target and step of its life, neither lost nor repeated. */
const once = (event: string, of: 'lease' | 'target' | 'need', when: string): Law =>
  lawOf(
    `of every ${of} ${event} is told once`,
    `SELECT ${of}.id, count(event.id) FROM ${of} LEFT JOIN event ON type = '${event}'
       AND ${of === 'target' ? 'target_id = target.id' : `data->>'${of}Id' = ${of}.id::text`}
     GROUP BY ${of}.id HAVING count(event.id) <> (${when})::int`,
  );

const audited = (action: string, from: string, subject: string, times: string): Law =>
  lawOf(
    `${action} is in the audit log as often as it was done`,
    `SELECT ${subject}, count(audit.id) FROM ${from} LEFT JOIN audit
       ON action = '${action}' AND subject = ${subject}::text
     GROUP BY ${subject} HAVING count(audit.id) <> ${times}`,
  );

/** At any moment. */
export const JOURNAL: Law[] = [
  once('need.recorded', 'need', 'true'),
  once('lease.granted', 'lease', 'true'),
  once('lease.active', 'lease', 'active_at IS NOT NULL'),
  once('lease.released', 'lease', `lease.state = 'released'`),
  once('target.created', 'target', 'true'),
  once('target.deleted', 'target', `target.state = 'deleted'`),
  lawOf(
    'the remaps that were told of add up to those there are',
    `SELECT target.id, observed->'usedBlocks' AS used, sum((data->>'delta')::int) AS told
     FROM target LEFT JOIN event ON target_id = target.id
       AND type IN ('target.remapped', 'target.released')
     GROUP BY target.id
     HAVING coalesce(sum((data->>'delta')::int), 0) <> coalesce((observed->>'usedBlocks')::int, 0)`,
  ),
  audited('target.create', 'target', 'target.id', '1'),
  audited(
    'target.delete',
    'target',
    'target.id',
    `count(*) FILTER (WHERE target.state IN ('deleting', 'deleted'))`,
  ),
  audited('spare.create', 'spare', 'spare.id', '1'),
  audited('spare.delete', 'spare', 'spare.id', 'count(spare.removed_at)'),
  audited('spare.update', 'spare', 'spare.id', 'max(spare.version) - 1'),
  audited('pool.create', 'pool', 'pool.id', '1'),
  audited('pool.update', 'pool', 'pool.id', 'max(pool.version) - 1'),
  lawOf(
    'a lease request is in the audit log once',
    `SELECT need.id FROM need LEFT JOIN audit ON action = 'lease.request' AND subject = target_id::text
       AND request_key = 'requested-' || subject || '-' || (detail->>'key')
     WHERE cause = 'requested' GROUP BY need.id HAVING count(audit.id) <> 1`,
  ),
  lawOf(
    'a change of a host is in the audit log once',
    `SELECT host.id, version, count(audit.id) FROM host LEFT JOIN audit
       ON subject = host.id::text AND action IN ('host.update', 'host.re-enrol')
     GROUP BY host.id HAVING count(audit.id) <> version - 1`,
  ),
];
