import { Event, Need, Page, PlacementDecision, type Target } from '../../../libs/contract/index.js';
import { until } from '../../../src/lab/fleet/fleet.js';
import {
  kernelTarget,
  leasesOf,
  requestLease,
  settled,
  type Stage,
  targetOf,
  verifyingLoad,
} from './stage.js';

const sameDisk = 'shares-disk-with-array-member';
const sameEnclosure = 'shares-enclosure-with-array-member';

async function lowWaterDecision({ side }: Stage, target: Target): Promise<PlacementDecision> {
  const needs = await side.api.list(Need, '/v1/needs');
  const need = needs.find(({ targetId, cause }) => targetId === target.id && cause === 'low-water');
  const decisions = await side.api.list(
    PlacementDecision,
    `/v1/placement/decisions?target=${target.id}`,
  );
  const decision = decisions.find(({ needId }) => needId === need?.id);
  if (!decision) throw new Error('no decision is stored for the low-water need');
  return decision;
}

async function checkDecision(stage: Stage, target: Target): Promise<void> {
  const { s, h1 } = stage;
  const decision = await lowWaterDecision(stage, target);
  const diskOf = (deviceId: string) =>
    h1.spec.disks.find(({ wwn }) => wwn && deviceId.endsWith(`:${wwn}`))?.name ?? deviceId;
  const beside = decision.candidates.filter(({ deviceId }) => diskOf(deviceId).startsWith('e2'));
  const reasons = beside.map(({ reason }) => reason).sort();
  s.equal(
    'of the spares beside the other member, the one that serves it is refused…',
    reasons[0],
    sameDisk,
  );
  s.equal('…and the other one too, for their enclosure', reasons[1], sameEnclosure);
  const chosen = decision.candidates.find(({ verdict }) => verdict === 'chosen');
  const best = Math.max(...decision.candidates.map(({ score }) => score ?? -1));
  s.check('the least utilised of the others was chosen', chosen?.score === best);
  s.note(
    decision.candidates
      .map(
        ({ deviceId, verdict, reason, score, detail }) =>
          `${diskOf(deviceId)} ${verdict} ${reason ?? score?.toFixed(3) ?? ''} ${detail ?? ''}`,
      )
      .join('\n'),
  );
}

/** Dry runs over equal spares: the seed decides, and not always for the first. */
async function equalSpares(stage: Stage): Promise<void> {
  const { s, side } = stage;
  const target = await targetOf(stage, 'r1');
  await requestLease(stage, target, `equal-spares-${s.seed}`);
  await until('r1 has a lease on each spare of its enclosure', 60_000, async () => {
    const leases = await leasesOf(stage, target);
    return new Set(leases.map(({ spareId }) => spareId)).size === 2 ? leases : undefined;
  });
  const chosen = new Map<string, number>();
  for (let seed = 0; seed < 24; seed += 1) {
    const { chosenSpareId } = await side.api.post(PlacementDecision, '/v1/placement/explain', {
      targetId: target.id,
      seed: `${s.seed}-${seed}`,
    });
    const key = chosenSpareId ?? 'none';
    chosen.set(key, (chosen.get(key) ?? 0) + 1);
  }
  s.check('of equal spares not always the first is chosen', chosen.size === 2, [...chosen].join());
  s.note(`24 dry runs chose ${[...chosen.values()].join(' and ')} times`);
}

async function reportTimes({ s, side }: Stage, target: Target): Promise<void> {
  const { items: ofTarget } = await side.api.get(
    Page(Event),
    `/v1/events?limit=1000&target=${target.id}`,
  );
  const low = ofTarget.findLast(({ type }) => type === 'target.low-water');
  const active = ofTarget.findLast(({ type }) => type === 'lease.active');
  s.check('low water and the new lease are in the events', !!low && !!active);
  if (low && active)
    s.note(`low water to new table, end to end: ${Date.parse(active.at) - Date.parse(low.at)} ms`);
}

/** 3. The target runs low, and the pool lends more. */
export async function lowWater(stage: Stage): Promise<void> {
  const { s, h1 } = stage;
  const before = await settled(stage, 'r0');
  await h1.breakDisk('e1s1', { sector: 43_008, count: 1880 });
  await s.step('1880 more sectors fail under load, and fio sees no error', () =>
    verifyingLoad(h1, '/dev/md0', `--offset=20M --size=1M --io_size=8M --randseed=${s.seed + 1}`),
  );
  const after = await s.step('a need is recorded and another lease reaches the kernel', () =>
    until('r0 runs with another lease', 60_000, async () => {
      const kernel = await kernelTarget(h1, 'r0');
      return kernel.leases.length > before.leaseCount ? kernel : undefined;
    }),
  );
  const target = await settled(stage, 'r0');
  s.equal('observed equals desired', target.observed?.tableGeneration, after.generation);
  await checkDecision(stage, target);
  await reportTimes(stage, target);
  await equalSpares(stage);
  s.check('the array is clean and complete', (await h1.run('cat /proc/mdstat')).includes('[UU]'));
}
