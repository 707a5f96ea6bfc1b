import type { HostId } from '../../../libs/contract/index.js';
import type { Device, DeviceClaim } from '../../../libs/device-use/index.js';
import type { Sql } from '../database/database.service.js';

export interface NamedClaim extends DeviceClaim {
  hostName: string;
  /** What the device is there, in words. */
  use: string;
}

/** All that is in use of a device's disk, on any host. */
export async function claimsOn(sql: Sql, { id, diskId }: Device): Promise<NamedClaim[]> {
  return sql.query<NamedClaim>(
    `SELECT claim.device_id AS id, claim.disk_id AS "diskId", claim.host_id AS "hostId",
            host.name AS "hostName",
            CASE WHEN claim.spare_id IS NULL THEN 'the main device of target ' || target.name
                 ELSE 'a spare of pool ' || pool.name END AS use
     FROM device_claim claim JOIN host ON host.id = claim.host_id
       LEFT JOIN target ON target.id = claim.target_id
       LEFT JOIN spare ON spare.id = claim.spare_id LEFT JOIN pool ON pool.id = spare.pool_id
     WHERE claim.device_id = $1 OR claim.disk_id = $2
     ORDER BY host.name, claim.device_id`,
    [id, diskId],
  );
}

export interface UseElsewhere {
  hostName: string;
  kernelName: string;
  usedBy: string[];
}

/**
 * Whether another host that has reported within a day says that it uses the device or its disk. That a disk
 * has partitions is no use of one of them.
 */
export async function useElsewhere(
  sql: Sql,
  hostId: HostId,
  { id, diskId }: Device,
): Promise<UseElsewhere | undefined> {
  const [row] = await sql.query<UseElsewhere>(
    `SELECT host.name AS "hostName", disk.observed->>'kernelName' AS "kernelName",
            disk.observed->'usedBy' AS "usedBy"
     FROM disk JOIN host ON host.id = disk.host_id
     WHERE disk.disk_id = $3 AND disk.host_id <> $1 AND disk.missing_since IS NULL
       AND host.last_seen_at > now() - interval '1 day'
       AND jsonb_array_length(disk.observed->'usedBy') > 0
       AND ($2 = $3 OR disk.id = $2
            OR (disk.id = $3 AND disk.observed->'usedBy' <> '["partitions"]'))
     ORDER BY host.name LIMIT 1`,
    [hostId, id, diskId],
  );
  return row;
}
