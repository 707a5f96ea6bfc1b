import type { DesiredState, HostId } from '../../../libs/contract/index.js';
import type { Sql } from '../database/database.service.js';
import type { Wanted } from './watchers.js';

const LEASE = `
  jsonb_build_object('leaseId', lease.id, 'deviceId', spare.device_id, 'offsetSectors', lower(extent),
                     'lengthSectors', upper(extent) - lower(extent),
                     'fresh', lease.state = 'granted',
                     'evacuate', lease.state = 'evacuating' AND (spare.draining OR lender.draining))`;

/** With the host that the spare is on, which need not be the one whose desired state this is. */
const LEASES = `lease JOIN spare ON spare.id = lease.spare_id JOIN host lender ON lender.id = spare.host_id`;

const ASKED = (asked: readonly Wanted[]) => [
  asked.map(({ hostId }) => hostId),
  asked.map(({ after }) => after),
];

/** Those whose desired generation is above the one asked with. */
export async function hostsAhead(sql: Sql, asked: readonly Wanted[]): Promise<HostId[]> {
  const rows = await sql.query<{ id: HostId }>(
    `SELECT host.id FROM unnest($1::uuid[], $2::bigint[]) AS asked (id, after)
     JOIN host ON host.id = asked.id AND desired_generation > asked.after`,
    ASKED(asked),
  );
  return rows.map(({ id }) => id);
}

/**
 * The desired states above the generations asked with, each host once. In one statement, so that the
 * generation and the rest are of the same moment. A lease is wiped by the host that ran it, also on a spare of
 * another host: it alone knows that its kernel has let go.
 */
export async function desiredStates(sql: Sql, asked: readonly Wanted[]): Promise<DesiredState[]> {
  return sql.query<DesiredState>(
    `SELECT host.id AS "hostId", host.desired_generation AS generation,
       coalesce((
         SELECT jsonb_agg(jsonb_build_object(
                  'targetId', target.id, 'name', target.name, 'mainDeviceId', main_device_id,
                  'mainOffsetSectors', 0, 'lengthSectors', length_sectors,
                  'blockSectors', block_sectors, 'tableGeneration', desired_table_generation,
                  'leases', granted.leases) ORDER BY target.name)
         FROM target CROSS JOIN LATERAL (
           SELECT jsonb_agg(${LEASE} ORDER BY lease.seq) AS leases
           FROM ${LEASES}
           WHERE lease.target_id = target.id
             AND lease.state IN ('granted', 'active', 'evacuating')) granted
         WHERE target.host_id = host.id AND target.state <> 'deleting'
           AND target.deleted_at IS NULL AND granted.leases IS NOT NULL), '[]') AS targets,
       coalesce((
         SELECT jsonb_agg(jsonb_build_object('targetId', id, 'name', name) ORDER BY name)
         FROM target WHERE host_id = host.id AND state = 'deleting' AND deleted_at IS NULL),
         '[]') AS "absentTargets",
       coalesce((
         SELECT jsonb_agg(${LEASE} ORDER BY lease.seq)
         FROM ${LEASES} JOIN target ON target.id = lease.target_id
         WHERE target.host_id = host.id AND lease.state = 'draining'), '[]') AS "wipeLeases"
     FROM host
     WHERE host.id = ANY ($1::uuid[])
       AND EXISTS (SELECT FROM unnest($1::uuid[], $2::bigint[]) AS asked (id, after)
                   WHERE asked.id = host.id AND desired_generation > asked.after)`,
    ASKED(asked),
  );
}
