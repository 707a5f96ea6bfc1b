import { Redis } from 'ioredis';
import type { Need, Target } from '../../../libs/contract/index.js';
import { runOnHost } from './run-on-host';
import type { Step } from './steps';
import { timePasses } from './time';
import { nth, type World } from './world';

/** Does what the step says as far as there is anything to do it to; a refusal is an answer like any other. */
export async function runStep(world: World, step: Step, redisUrl: string): Promise<void> {
  switch (step.do) {
    case 'create target':
      return createTarget(world, step);
    case 'delete target': {
      const target = nth(world.targets, step.target);
      if (target) await world.ask('DELETE', `/v1/targets/${target.id}?force=${step.force}`);
      return;
    }
    case 'ask for a lease':
      return askForLease(world, step);
    case 'add spare': {
      const host = nth(world.hosts, step.host);
      const deviceId = host && nth([...host.plans.keys()], step.disk);
      if (deviceId) await world.addSpare(host, deviceId, step.pool);
      return;
    }
    case 'remove spare': {
      const spare = nth(world.spares, step.spare);
      if (spare) await world.ask('DELETE', `/v1/spares/${spare.id}`);
      return;
    }
    case 'serve': {
      const { id } =
        nth<{ id: string }>(step.what === 'host' ? world.hosts : world.spares, step.nth) ?? {};
      if (id !== undefined) await world.ask('PATCH', `/v1/${step.what}s/${id}`, step.change);
      return;
    }
    case 'change policy': {
      const { lowWaterBlocks, reservePercent } = step;
      const pool = nth(world.pools, step.pool);
      if (pool)
        await world.ask('PATCH', `/v1/pools/${pool.id}`, {
          policy: { lowWaterBlocks, reservePercent },
        });
      return;
    }
    case 'kill':
      world.crew.kill(step.manager);
      return;
    case 'cut':
      world.crew.cut(step.manager);
      return;
    case 'strike':
      world.crew.sabotage.arm(step);
      return;
    case 'empty Redis': {
      const redis = new Redis(redisUrl);
      await redis.flushdb();
      redis.disconnect();
      return;
    }
    case 'time passes':
      return timePasses(world.sql);
    case 'remap':
    case 'turn':
    case 'fetch':
    case 'apply what was fetched':
    case 'report':
    case 'hold a report back':
    case 'send an old report':
    case 'reboot':
    case 'forget':
    case 'enrol again':
    case 'pull or put back':
    case 'fail or mend':
    case 'array':
      return runOnHost(world, step);
  }
}

async function createTarget(
  world: World,
  step: Extract<Step, { do: 'create target' }>,
): Promise<void> {
  const host = nth(world.hosts, step.host);
  const free = [...(host?.plans ?? [])].filter(([, { spareOf }]) => spareOf === null);
  const [mainDeviceId] = nth(free, step.disk) ?? [];
  if (!host || !mainDeviceId) return;
  const { status, body } = await world.ask<Target>('POST', '/v1/targets', {
    ...{ hostId: host.id, name: `t${world.targets.length}-${step.disk}`, mainDeviceId },
    ...{ poolId: nth(world.pools, step.pool)?.id, arrayPeers: world.peersOf(host, mainDeviceId) },
  });
  if (status === 201) world.targets.push(body);
}

/** The same key several times at once, through different managers. */
async function askForLease(
  world: World,
  { target, key, times }: Extract<Step, { do: 'ask for a lease' }>,
): Promise<void> {
  const one = nth(world.targets, target);
  if (!one) return;
  const path = `/v1/targets/${one.id}/leases`;
  const answers = await Promise.all(
    Array.from({ length: times }, () =>
      world.askWith<Need>('POST', path, {}, { 'idempotency-key': `k${key}` }),
    ),
  );
  const taken = answers.filter(({ status }) => status === 202).map(({ body }) => body.id);
  if (new Set(taken).size > 1) throw new Error(`one key made several needs: ${taken.join(', ')}`);
  for (const id of taken) world.asked.add(id);
}
