import type { Event, HostId, TargetId } from '../../../libs/contract/index.js';
import { jsonList, textsOf, type Sql, type Statement } from '../database/database.service.js';

/** An event before it has a number and a time. */
export interface NewEvent {
  type: string;
  severity: Event['severity'];
  hostId: HostId | null;
  targetId?: TargetId | null;
  message: string;
  data: Record<string, unknown>;
}

/**
 * Numbers are given out one transaction at a time, so that they become visible in their order and a reader
 * who follows the numbers misses none. The lock is taken in the statement itself: every other transaction may
 * be waiting for it.
 */
export const insertEvents = (lock: number, events: readonly NewEvent[]): Statement => [
  `WITH numbering AS MATERIALIZED (SELECT pg_advisory_xact_lock($1))
   INSERT INTO event (at, type, severity, host_id, target_id, message, data)
   SELECT clock_timestamp(), type, severity, host_id, target_id, message, data
   FROM numbering, unnest($2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::text[],
                          ${textsOf('$7')}::jsonb[])
     WITH ORDINALITY AS list (type, severity, host_id, target_id, message, data, n)
   ORDER BY n`,
  [
    lock,
    events.map(({ type }) => type),
    events.map(({ severity }) => severity),
    events.map(({ hostId }) => hostId),
    events.map(({ targetId }) => targetId ?? null),
    events.map(({ message }) => message),
    jsonList(events.map(({ data }) => data)),
  ],
];

export interface EventFilter {
  after: number;
  limit: number;
  hostId: string | null;
  targetId: string | null;
}

const COLUMNS = `
  event.id, event.at, event.type, event.severity, event.host_id AS "hostId", host.name AS "hostName",
  event.target_id AS "targetId", target.name AS "targetName", event.message, event.data`;

export async function eventsAfter(sql: Sql, filter: EventFilter): Promise<Event[]> {
  return sql.query<Event>(
    `SELECT ${COLUMNS} FROM event
     LEFT JOIN host ON host.id = event.host_id LEFT JOIN target ON target.id = event.target_id
     WHERE event.id > $1 AND ($3::uuid IS NULL OR event.host_id = $3)
       AND ($4::uuid IS NULL OR event.target_id = $4)
     ORDER BY event.id LIMIT $2`,
    [filter.after, filter.limit, filter.hostId, filter.targetId],
  );
}

/** The id after which exactly the newest `count` events come. */
export async function idBeforeLast(sql: Sql, count: number): Promise<number> {
  const [row] = await sql.query<{ id: number }>(
    'SELECT id FROM event ORDER BY id DESC OFFSET $1 LIMIT 1',
    [count],
  );
  return row?.id ?? 0;
}
