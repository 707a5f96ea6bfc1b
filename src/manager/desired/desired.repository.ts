import type { DesiredState, HostId } from '../../../libs/contract/index.js';
import type { Sql } from '../database/database.service.js';

const LEASE = `
  jsonb_build_object('leaseId', lease.id, 'deviceId', spare.device_id, 'offsetSectors', lower(extent),
                     'lengthSectors', upper(extent) - lower(extent),
                     'fresh', lease.state = 'granted')`;

/** In one statement, so that the generation and the rest are of the same moment. */
export async function desiredState(sql: Sql, hostId: HostId): Promise<DesiredState | undefined> {
  const [row] = await sql.query<DesiredState>(
    `SELECT host.id AS "hostId", host.desired_generation AS generation,
       coalesce((
         SELECT jsonb_agg(jsonb_build_object(
                  'targetId', target.id, 'name', target.name, 'mainDeviceId', main_device_id,
                  'mainOffsetSectors', 0, 'lengthSectors', length_sectors,
                  'blockSectors', block_sectors, 'tableGeneration', desired_table_generation,
                  'leases', granted.leases) ORDER BY target.name)
         FROM target CROSS JOIN LATERAL (
           SELECT jsonb_agg(${LEASE} ORDER BY lease.seq) AS leases
           FROM lease JOIN spare ON spare.id = lease.spare_id
           WHERE lease.target_id = target.id AND lease.state IN ('granted', 'active')) granted
         WHERE target.host_id = host.id AND target.state <> 'deleting'
           AND target.deleted_at IS NULL AND granted.leases IS NOT NULL), '[]') AS targets,
       coalesce((
         SELECT jsonb_agg(jsonb_build_object('targetId', id, 'name', name) ORDER BY name)
         FROM target WHERE host_id = host.id AND state = 'deleting' AND deleted_at IS NULL),
         '[]') AS "absentTargets",
       coalesce((
         SELECT jsonb_agg(${LEASE} ORDER BY lease.seq)
         FROM lease JOIN spare ON spare.id = lease.spare_id
         WHERE spare.host_id = host.id AND lease.state = 'draining'), '[]') AS "wipeLeases"
     FROM host WHERE host.id = $1`,
    [hostId],
  );
  return row;
}
