import type { HostStep } from './steps';
import { nth, type HostOf, type World } from './world';

/** What a host's kernel, disks and agent do. */
export async function runOnHost(world: World, step: HostStep): Promise<void> {
  if (step.do === 'remap') {
    const target = nth(world.targets, step.target);
    const host = world.hosts.find(({ id }) => id === target?.hostId);
    if (target) host?.machine.remap(target.id, step.blocks);
    return;
  }
  const host = nth(world.hosts, step.host);
  if (!host) return;
  const { machine } = host;
  switch (step.do) {
    case 'turn':
      await world.bring(host);
      return;
    case 'report':
      return world.report(host);
    case 'fetch': {
      const desired = await world.fetch(host);
      if (desired) host.fetched.push(desired);
      return;
    }
    case 'apply what was fetched': {
      const desired = nth(host.fetched, step.pick);
      if (desired) machine.apply(desired);
      return;
    }
    case 'hold a report back':
      host.made.push({ credential: host.credential, state: machine.state() });
      return;
    case 'send an old report': {
      const old = nth(host.made.toReversed(), step.pick);
      const etag = old && (await world.send(old));
      if (etag) await world.confirm(old.credential, etag, old.state.sequence);
      return;
    }
    case 'reboot':
      machine.reboot();
      if (step.forgets) machine.forget();
      host.fetched.length = 0;
      return;
    case 'forget':
      machine.forget();
      host.fetched.length = 0;
      return;
    case 'enrol again':
      host.credential = (await world.enrol(host.name, `machine-${host.name}`)).credential;
      return;
    case 'pull or put back':
      pullOrPutBack(host, step.disk);
      return;
    case 'fail or mend':
      failOrMend(host, step.disk);
      return;
    case 'array':
      assemble(world, host, step);
      return;
  }
}

function pullOrPutBack({ machine, plans }: HostOf, disk: number): void {
  const id = nth(
    [...plans].filter(([, { array }]) => array === null),
    disk,
  )?.[0];
  if (id !== undefined && !machine.pulled.delete(id)) machine.pulled.add(id);
}

function failOrMend({ machine }: HostOf, n: number): void {
  const disk = nth(machine.disks, n);
  if (disk) disk.health = disk.health === 'ok' ? 'failing' : 'ok';
}

/** The disks of an array to be, each through its target where one runs. */
function assemble(
  world: World,
  { id, machine, plans }: HostOf,
  { array, degraded }: Extract<HostStep, { do: 'array' }>,
): void {
  const members = [...plans].filter(([, plan]) => plan.array === array);
  if (members.length < 2) return;
  const uuid = `${id}-${array}`;
  machine.arrays = machine.arrays.filter((other) => other.uuid !== uuid);
  machine.arrays.push({
    ...{ uuid, kernelName: `md${array}`, level: 'raid5', state: 'clean' },
    ...{ raidDisks: members.length, degraded, syncAction: 'idle' },
    members: members.map(([deviceId], n) => {
      const target = world.targets.find(
        (one) => one.mainDeviceId === deviceId && machine.targets.has(one.id),
      );
      return {
        ...{ kernelName: target ? `dm-${n}` : `sd${n}`, role: String(n), state: 'in_sync' },
        ...(target ? { targetId: target.id } : { deviceId }),
      };
    }),
  });
}
