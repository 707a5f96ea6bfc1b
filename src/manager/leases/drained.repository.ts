import type { DeviceId, HostId, SpareId } from '../../../libs/contract/index.js';
import type { Sql } from '../database/database.service.js';

/** A spare that is being emptied, or whose host is, and the last of whose leases is gone. */
export interface DrainedSpare {
  id: SpareId;
  deviceId: DeviceId;
  hostId: HostId;
  hostName: string;
  /** The host is being emptied, and nothing is lent from any of its spares. */
  hostIsDrained: boolean;
}

export async function drainedSpare(sql: Sql, id: SpareId): Promise<DrainedSpare | undefined> {
  const [row] = await sql.query<DrainedSpare>(
    `SELECT spare.id, spare.device_id AS "deviceId", host.id AS "hostId", host.name AS "hostName",
            host.draining AND NOT EXISTS (
              SELECT FROM lease JOIN spare other ON other.id = lease.spare_id
              WHERE other.host_id = host.id AND lease.state <> 'released') AS "hostIsDrained"
     FROM spare JOIN host ON host.id = spare.host_id
     WHERE spare.id = $1 AND (spare.draining OR host.draining)
       AND NOT EXISTS (SELECT FROM lease WHERE spare_id = spare.id AND state <> 'released')`,
    [id],
  );
  return row;
}
