import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DeviceId, ObservedDisk, Pool, Problem, Spare } from '../../libs/contract/index.js';
import type { Answer } from '../support/api';
import { sql } from '../support/database';
import { FakeAgent } from '../support/fake-agent';
import { Manager, newBacking, type Backing } from '../support/manager';

let backing: Backing;
let managers: Manager[];
let pool: Pool;
let a: FakeAgent;
let b: FakeAgent;
let shelf = 0;

beforeAll(async () => {
  backing = await newBacking();
  managers = await Promise.all([1, 2].map(() => Manager.startReady(backing)));
  const { api } = first();
  pool = await api.createPool('shared');
  a = await FakeAgent.enrol(api, 'host-a', 0);
  b = await FakeAgent.enrol(api, 'host-b', 0);
});
afterAll(async () => {
  await Promise.all(managers.map((manager) => manager.kill('SIGTERM')));
});

function first(): Manager {
  const [manager] = managers;
  if (!manager) throw new Error('no manager runs');
  return manager;
}

/** A disk with two partitions in a shelf that both hosts are cabled to. */
async function sharedDisk() {
  const whole = `wwn:5000c50000${String(++shelf).padStart(6, '0')}` as DeviceId;
  const parts = [1, 2].map((n) => `part:${whole.slice(-6)}-${n}` as DeviceId);
  const [p1, p2] = parts as [DeviceId, DeviceId];
  const see = async (agent: FakeAgent, over: Partial<ObservedDisk> = {}, partition = p1) => {
    agent.disks = [whole, p1, p2].map((id) =>
      agent.disk(1, { id, diskId: whole, ...(id === partition ? over : {}) }),
    );
    await agent.report();
  };
  await see(a);
  await see(b);
  return { whole, p1, p2, see };
}

const use = (kind: 'spare' | 'main', agent: FakeAgent, deviceId: DeviceId, n = 0) => {
  const { api } = managers[n % managers.length] ?? first();
  const where = { poolId: pool.id, hostId: agent.hostId };
  return kind === 'spare'
    ? api.request<Spare & Problem>('POST', '/v1/spares', { ...where, deviceId })
    : api.request<Spare & Problem>('POST', '/v1/targets', {
        ...{ ...where, name: `t${n}-${deviceId.slice(-8)}`, mainDeviceId: deviceId },
      });
};

const outcome = ({ status, body }: Answer<Problem>) => (status < 400 ? status : body.code);

describe('a disk that two hosts see', () => {
  it.each([
    ['spare', 'spare', 'whole', 'whole'],
    ['spare', 'main', 'whole', 'whole'],
    ['main', 'spare', 'whole', 'whole'],
    ['main', 'main', 'whole', 'whole'],
    ['spare', 'spare', 'p1', 'p1'],
    ['spare', 'main', 'p1', 'p2'],
    ['spare', 'spare', 'whole', 'p1'],
    ['main', 'spare', 'p2', 'whole'],
  ] as const)(
    'is no %s on one and %s on the other (%s, %s), and the refusal names the host that has it',
    async (kind, other, mine, theirs) => {
      const disk = await sharedDisk();
      expect(outcome(await use(kind, a, disk[mine]))).toBe(201);
      const { body } = await use(other, b, disk[theirs]);
      expect(body).toMatchObject({ status: 409, code: 'device-held-elsewhere' });
      expect(body.detail).toContain('host-a');
    },
  );

  it('goes to exactly one of many who ask for it at once', async () => {
    const disk = await sharedDisk();
    const wishes = [a, b, a, b, a, b, a, b].map((agent, n) => {
      const device = agent === a ? disk.whole : disk.p1;
      return use(n % 3 === 0 ? 'spare' : 'main', agent, device, n);
    });
    const outcomes = (await Promise.all(wishes)).map(outcome);
    expect(outcomes.filter((o) => o === 201)).toHaveLength(1);
    const refused = new Set(outcomes.filter((o) => o !== 201));
    expect([...refused].sort()).toEqual(['device-held-elsewhere', 'disk-taken']);
  });

  it('may be used by the other host once the first has let go of it', async () => {
    const { api } = first();
    const disk = await sharedDisk();
    // Needs of the other tests' targets wait for spares in their pool.
    const unasked = await api.createPool('unasked');
    const { id } = await api.createSpare(unasked.id, a.hostId, disk.whole);
    expect(outcome(await use('spare', b, disk.whole))).toBe('device-held-elsewhere');
    await api.call('DELETE', `/v1/spares/${id}`);
    expect(outcome(await use('spare', b, disk.whole))).toBe(201);
  });

  it('is not put to use while the other host uses it for something of its own', async () => {
    const disk = await sharedDisk();
    await disk.see(b, { usedBy: ['mounted'] });
    const { body } = await use('spare', a, disk.p1);
    expect(body).toMatchObject({ code: 'device-held-elsewhere' });
    expect(body.detail).toContain('host-b');
    expect(outcome(await use('main', a, disk.whole))).toBe('device-held-elsewhere');
    await disk.see(b, { usedBy: ['partitions'] }, disk.whole);
    expect(outcome(await use('spare', a, disk.p2))).toBe(201);
  });
});

describe('on one host', () => {
  it('partitions of one disk may have several uses, and the disk then none', async () => {
    const disk = await sharedDisk();
    expect(outcome(await use('spare', a, disk.p1))).toBe(201);
    expect(outcome(await use('main', a, disk.p2))).toBe(201);
    expect(outcome(await use('spare', a, disk.p1))).toBe('disk-taken');
    expect(outcome(await use('spare', a, disk.whole))).toBe('disk-taken');
  });
});

describe('the database', () => {
  const spareRow = (host: FakeAgent, device: string, disk: string) =>
    sql(
      backing.databaseUrl,
      `INSERT INTO spare (pool_id, host_id, device_id, disk_id, size_sectors, lendable_sectors)
       VALUES ($1, $2, $3, $4, 1, 1)`,
      [pool.id, host.hostId, device, disk],
    );
  const targetRow = (host: FakeAgent, device: string, disk: string) =>
    sql(
      backing.databaseUrl,
      `INSERT INTO target (pool_id, host_id, name, main_device_id, main_disk_id, block_sectors, length_sectors)
       VALUES ($1, $2, $3, $3, $4, 8, 8)`,
      [pool.id, host.hostId, device, disk],
    );

  it('refuses a second use by itself, whatever code may do', async () => {
    await spareRow(a, 'disk', 'disk');
    await expect(spareRow(b, 'disk', 'disk')).rejects.toThrow('one_device_one_use');
    await expect(targetRow(b, 'disk', 'disk')).rejects.toThrow('one_device_one_use');
    await expect(targetRow(b, 'p', 'disk')).rejects.toThrow('one_disk_one_host');
    await expect(targetRow(a, 'p', 'disk')).rejects.toThrow('whole_disk_or_partitions');
    await targetRow(a, 'p1', 'other');
    await spareRow(a, 'p2', 'other');
    await expect(spareRow(b, 'p3', 'other')).rejects.toThrow('one_disk_one_host');
    await expect(
      sql(backing.databaseUrl, `UPDATE spare SET device_id = 'p1' WHERE device_id = 'disk'`),
    ).rejects.toThrow('one_device_one_use');
  });
});
