import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Lease, Need, Target } from '../../../libs/contract/index.js';
import { readAllPages, parseRemapList } from '../../../libs/dm-table/index.js';
import { startAgent } from '../../../src/lab/fleet/agent.js';
import { freePort, ManagerSide, until } from '../../../src/lab/fleet/fleet.js';
import type { LabHost } from '../../../src/lab/lab-host.js';
import { scenarioLabDirectory } from '../../../src/lab/paths.js';
import { loadRemapModule } from '../../../src/lab/remap-module.js';
import type { Scenario } from '../../../src/lab/scenario.js';

/** What every act of the main job plays with. */
export interface Stage {
  readonly s: Scenario;
  readonly side: ManagerSide;
  /** RAID1 of two targets. */
  readonly h1: LabHost;
  /** One target without redundancy. */
  readonly h2: LabHost;
}

/** A manager with empty books; what an earlier run left is stopped and removed. */
export async function openManagerSide(): Promise<ManagerSide> {
  const dataDirectory = join(scenarioLabDirectory('main-job'), 'manager');
  const before = { dataDirectory, postgresPort: 1, redisPort: 1, managerPort: 1 };
  if (existsSync(dataDirectory)) await new ManagerSide(before).stop();
  rmSync(dataDirectory, { recursive: true, force: true });
  return new ManagerSide({
    dataDirectory,
    postgresPort: await freePort(),
    redisPort: await freePort(),
    managerPort: await freePort(),
  });
}

export async function bootWithAgent({ side }: Stage, host: LabHost): Promise<void> {
  await host.boot();
  await loadRemapModule(host);
  await startAgent(host, side.api, side.settings.managerPort);
}

export async function killAgent(host: LabHost): Promise<void> {
  await host.run(`pkill -KILL -f '^node .*dm-remap-daemon' || true`);
}

export async function targetOf({ side }: Stage, name: string): Promise<Target> {
  const found = (await side.api.list(Target, '/v1/targets')).find((each) => each.name === name);
  if (!found) throw new Error(`the manager has no target ${name}`);
  return found;
}

export async function leasesOf({ side }: Stage, target: Target): Promise<Lease[]> {
  return side.api.list(Lease, `/v1/leases?target=${target.id}`);
}

/** Asks the manager for a further lease, as an administrator would. */
export async function requestLease({ side }: Stage, target: Target, key: string): Promise<void> {
  await side.api.call(
    Need,
    'POST',
    `/v1/targets/${target.id}/leases`,
    {},
    { 'idempotency-key': key },
  );
}

/** The target once it is active and observed as desired. */
export async function settled(stage: Stage, name: string, timeoutMs = 90_000): Promise<Target> {
  return until(`target ${name} is observed as desired`, timeoutMs, async () => {
    const target = await targetOf(stage, name);
    const same = target.observed?.tableGeneration === target.desiredTableGeneration;
    return target.state === 'active' && same ? target : undefined;
  });
}

export interface KernelTarget {
  readonly suspended: boolean;
  readonly generation: number;
  readonly usedBlocks: number;
  /** `device offset length` of each lease, in table order. */
  readonly leases: readonly string[];
}

/** What the kernel itself says of a target. */
export async function kernelTarget(host: LabHost, name: string): Promise<KernelTarget> {
  const [info, table, status] = (
    await host.run(
      `dmsetup info -c --noheadings -o suspended ${name} && dmsetup table ${name} && dmsetup status ${name}`,
    )
  ).split('\n');
  const words = (table ?? '').split(' ');
  const count = Number(words[8]);
  return {
    suspended: info?.trim() === 'Suspended',
    generation: Number(words[7]),
    usedBlocks: Number((status ?? '').split(' ')[6]?.split('/')[0]),
    leases: Array.from({ length: count }, (_, index) =>
      words.slice(9 + index * 3, 12 + index * 3).join(' '),
    ),
  };
}

/** The whole map, with each remap's place named by lease UUID. */
export async function kernelMap(host: LabHost, name: string): Promise<string[]> {
  const status = await host.run(`dmsetup status ${name}`);
  const leases = [...status.matchAll(/([0-9a-f]{8}-[0-9a-f-]{27}) /g)].map((match) => match[1]);
  const remaps = await readAllPages(
    (first) => host.run(`dmsetup message ${name} 0 list ${first}`),
    parseRemapList,
  );
  if (!remaps.ok) throw new Error(remaps.message);
  return remaps.value.map(
    ({ mainBlock, leaseIndex, leaseBlock, valid }) =>
      `${mainBlock} ${leases[leaseIndex] ?? '?'} ${leaseBlock} ${valid.toString(16)}`,
  );
}

export async function verifyingLoad(host: LabHost, device: string, options: string): Promise<void> {
  await host.run(
    `fio --name=verify --filename=${device} --direct=1 --ioengine=libaio --iodepth=4 --bsrange=512-32k --rw=randwrite \
     --verify=crc32c --verify_fatal=1 --verify_state_save=0 --output=/tmp/fio.log ${options} || { tail -20 /tmp/fio.log; exit 1; }`,
    { timeoutMs: 300_000 },
  );
}
