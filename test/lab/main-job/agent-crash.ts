import { startAgent } from '../../../src/lab/fleet/agent.js';
import { until } from '../../../src/lab/fleet/fleet.js';
import {
  kernelTarget,
  killAgent,
  leasesOf,
  requestLease,
  settled,
  type Stage,
  targetOf,
} from './stage.js';

const kills = 50;
const agentLog = '/var/log/lab/agent.log';
/** About what a reload takes in a guest, from the new desired state to the new table: each lease is looked at. */
const reloadSeconds = (leases: number) => 1.5 + leases * 0.12;

/** A seeded number in [0, 1) for each kill. */
function chance(seed: number, index: number): number {
  let t = (seed + index * 0x9e37_79b9) | 0;
  t = Math.imul(t ^ (t >>> 16), 0x85eb_ca6b);
  t = Math.imul(t ^ (t >>> 13), 0xc2b2_ae35);
  return ((t ^ (t >>> 16)) >>> 0) / 2 ** 32;
}

/** Kills the agent that long after it was told of a new desired state, and answers the last it did. */
async function killDuringReload({ h2 }: Stage, afterSeconds: number): Promise<string> {
  return h2.run(
    `timeout 60 grep -m1 -q 'a new desired state' < <(tail -n 0 -F ${agentLog}) &
     watch=$!; sleep 0.2; echo watching > /run/watching; wait $watch; sleep ${afterSeconds.toFixed(3)}
     pkill -KILL -f '^node .*dm-remap-daemon'; rm /run/watching; tail -n 1 ${agentLog}`,
    { timeoutMs: 120_000 },
  );
}

/** 9. The agent dies in the middle of reloads; the target never does. */
export async function agentCrash(stage: Stage): Promise<void> {
  const { s, side, h2 } = stage;
  const target = await settled(stage, 't0');
  const faults: string[] = [];
  let behind = 0;
  const moments = new Map<string, number>();
  await killAgent(h2);
  await s.step(`the agent is killed ${kills} times while tables change`, async () => {
    for (let kill = 0; kill < kills; kill += 1) {
      await requestLease(stage, target, `agent-crash-${s.seed}-${kill}`);
      const killed = killDuringReload(stage, chance(s.seed, kill) * reloadSeconds(kill));
      await until('the guest watches the agent', 30_000, async () =>
        (await h2.exec('test -e /run/watching')).code === 0 ? true : undefined,
      );
      await startAgent(h2, side.api, side.settings.managerPort);
      const last = /Z \w+\s+(.*?)(?: \w+=|$)/.exec(await killed)?.[1] ?? 'nothing';
      moments.set(last, (moments.get(last) ?? 0) + 1);
      const kernel = await kernelTarget(h2, 't0');
      const { desiredTableGeneration } = await targetOf(stage, 't0');
      const granted = (await leasesOf(stage, target)).filter(
        ({ generation }) => generation <= kernel.generation,
      );
      const expected = granted.map((l) => `${l.offsetSectors} ${l.lengthSectors}`).sort();
      const actual = kernel.leases.map((lease) => lease.split(' ').slice(1).join(' ')).sort();
      if (kernel.suspended) faults.push(`kill ${kill}: suspended`);
      if (expected.join() !== actual.join()) faults.push(`kill ${kill}: ${actual.join()}`);
      if (kernel.generation < desiredTableGeneration) behind += 1;
    }
  });
  s.equal('the target was never left suspended, its table always an old or a new one', faults, []);
  s.note(`the table was an old one after ${behind} kills, the newest after ${kills - behind}`);
  s.note(`what it had last said: ${[...moments].map(([what, n]) => `${n} × ${what}`).join(', ')}`);
  await s.step('the next agent brings the target to what is desired', async () => {
    await startAgent(h2, side.api, side.settings.managerPort);
    await settled(stage, 't0', 300_000);
  });
  await s.step('and the target still reads and writes', () =>
    h2.run(
      'dd if=/dev/mapper/t0 of=/dev/null bs=1M count=8 skip=20 iflag=direct status=none && dmsetup status t0',
    ),
  );
}
