import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { HostId, SpareId, TargetId } from '../../libs/contract';
import { booksAlone } from '../support/books-alone';
import { readFacts } from '../../src/manager/placement/read-facts';

const id = (n: number) => `00000000-0000-4000-8000-${n.toString().padStart(12, '0')}`;
const POOL = id(1);
const NEAR = id(2) as HostId;
const FAR = id(3) as HostId;
const TARGET = id(4) as TargetId;
const GONE = id(5) as TargetId;
/** On a disk of the near host, on one of the far host that both see, and on one that only the far host sees. */
const [OWN, SHARED, UNSEEN] = [id(6) as SpareId, id(7) as SpareId, id(8) as SpareId];
const [MAIN, DISK, LUN, ELSEWHERE] = ['wwn:01', 'wwn:02', 'wwn:03', 'wwn:04'];
const SIZE = 1_000_000;

let sql: Awaited<ReturnType<typeof booksAlone>>;

beforeAll(async () => {
  sql = await booksAlone();
  await sql.query(`INSERT INTO pool (id, name, policy) VALUES ($1, 'p', '{}')`, [POOL]);
  for (const [host, name] of [
    [NEAR, 'near'],
    [FAR, 'far'],
  ])
    await sql.query(
      `INSERT INTO host (id, name, machine_id, credential_hash) VALUES ($1, $2, $2, sha256($2::text::bytea))`,
      [host, name],
    );
  for (const [host, disk, rack] of [
    [NEAR, MAIN, 'r1'],
    [NEAR, DISK, 'r1'],
    [NEAR, LUN, 'r1'],
    [FAR, LUN, 'r2'],
    [FAR, ELSEWHERE, 'r2'],
  ])
    await sql.query(
      `INSERT INTO disk (host_id, id, disk_id, observed) VALUES ($1, $2, $2,
         jsonb_build_object('media', 'ssd', 'domains', jsonb_build_object('rack', $3::text)))`,
      [host, disk, rack],
    );
  for (const [spare, host, disk] of [
    [OWN, NEAR, DISK],
    [SHARED, FAR, LUN],
    [UNSEEN, FAR, ELSEWHERE],
  ])
    await sql.query(
      `INSERT INTO spare (id, pool_id, host_id, device_id, disk_id, size_sectors, lendable_sectors)
       VALUES ($1, $2, $3, $4, $4, $5, $5::bigint - 4096)`,
      [spare, POOL, host, disk, SIZE],
    );
  for (const [target, name] of [
    [TARGET, 't'],
    [GONE, 'gone'],
  ])
    await sql.query(
      `INSERT INTO target (id, host_id, pool_id, name, main_device_id, main_disk_id, block_sectors,
                           length_sectors, state, deleted_at)
       VALUES ($1, $2, $3, $4::text, $5, $5, 8, $6, 'active', CASE WHEN $4 = 'gone' THEN now() END)`,
      [target, NEAR, POOL, name, MAIN, SIZE],
    );
});
afterAll(() => sql.close());

async function lend(
  [target, spare]: readonly [TargetId, SpareId],
  [from, to]: readonly [number, number],
  { state = 'active', minutesAgo }: { state?: string; minutesAgo: number },
): Promise<number> {
  const [row] = await sql.query<{ at: string }>(
    `WITH asked AS (
       INSERT INTO need (target_id, host_id, cause, state, request_key, sectors, next_attempt_at,
                         created_at, updated_at)
       VALUES ($1, $2, 'low-water', 'fulfilled', gen_random_uuid()::text, 8, now(), now(), now())
       RETURNING id)
     INSERT INTO lease (target_id, spare_id, need_id, extent, state, generation, total_blocks, created_at)
     SELECT $1, $3, id, int8range($4, $5), $6, 1, 1, now() - make_interval(mins => $7)
     FROM asked RETURNING floor(extract(epoch FROM created_at) * 1000)::text AS at`,
    [target, NEAR, spare, from, to, state, minutesAgo],
  );
  return Number(row?.at);
}

describe('the facts of a host', () => {
  it('are what is free and lent on the spares that a host reaches, and what its targets lean on', async () => {
    const ofAnHour = [
      await lend([TARGET, OWN], [4096, 8192], { minutesAgo: 50 }),
      await lend([TARGET, OWN], [8192, 16384], { minutesAgo: 40, state: 'draining' }),
      await lend([GONE, OWN], [32768, 40960], { minutesAgo: 30, state: 'released' }),
      await lend([TARGET, SHARED], [2048, 10240], { minutesAgo: 20 }),
    ];
    await lend([TARGET, UNSEEN], [2048, 4096], { minutesAgo: 70 });
    await lend([TARGET, OWN], [65536, 131072], { minutesAgo: 80, state: 'released' });
    const { hosts } = await readFacts(sql, [NEAR]);
    const facts = hosts.get(NEAR);
    const spares = new Map(facts?.spares.map((spare) => [spare.id, spare]));
    expect([...spares.keys()].sort()).toEqual([OWN, SHARED]);
    expect(spares.get(OWN)).toMatchObject({
      hostName: 'near',
      domains: { rack: 'r1' },
      free: [
        { offset: 2048, length: 2048 },
        { offset: 16384, length: SIZE - 2048 - 16384 },
      ],
      leasedTo: [{ targetId: TARGET, sectors: 12288 }],
    });
    expect(spares.get(SHARED)).toMatchObject({
      hostName: 'far',
      domains: { rack: 'r2' },
      free: [{ offset: 10240, length: SIZE - 2048 - 10240 }],
      leasedTo: [{ targetId: TARGET, sectors: 8192 }],
    });
    expect(facts?.targets.map((target) => [target.id, target.leaseCount])).toEqual([[TARGET, 4]]);
    expect(
      facts?.targets[0]?.leases.map((place) => [place.deviceId, place.domains.rack]).sort(),
    ).toEqual([
      [DISK, 'r1'],
      [LUN, 'r2'],
      [ELSEWHERE, 'r2'],
    ]);
    expect(facts?.grants).toEqual(ofAnHour);
  });

  it('take a spare for the plainest of disks when its host has forgotten what it is', async () => {
    const forgotten = id(9) as SpareId;
    await sql.query(
      `INSERT INTO spare (id, pool_id, host_id, device_id, disk_id, size_sectors, lendable_sectors)
       VALUES ($1, $2, $3, 'wwn:05', 'wwn:05', $4, $4::bigint - 4096)`,
      [forgotten, POOL, FAR, SIZE],
    );
    const { hosts } = await readFacts(sql, [FAR]);
    expect(hosts.get(FAR)?.spares.find((spare) => spare.id === forgotten)).toMatchObject({
      ...{ deviceId: 'wwn:05', domains: {}, media: 'hdd', predictedFailing: false, model: null },
      ...{ logicalBlockBytes: 512, physicalBlockBytes: 512, protectionType: null },
    });
  });

  it('are of all the hosts that are asked for, each with its own', async () => {
    const { hosts } = await readFacts(sql, [FAR, NEAR]);
    expect(
      [...hosts.values()].map(({ hostId, disks, targets }) => [
        hostId,
        disks.length,
        targets.length,
      ]),
    ).toEqual([
      [FAR, 2, 0],
      [NEAR, 3, 1],
    ]);
  });
});
