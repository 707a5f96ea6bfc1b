import { setTimeout as sleep } from 'node:timers/promises';
import { timePasses } from './time';
import type { World } from './world';

/** Nothing moves for so long only when something was lost; a manager starts in less. */
const PATIENCE_MS = 20_000;
/** So long the managers are given before time is made to pass. */
const ROUND_MS = 400;

/** What is still under way, in words; empty when all has come to rest. */
async function underWay(world: World): Promise<string[]> {
  const [row] = await world.rows<Record<string, number>>(
    `SELECT (SELECT count(*) FROM outbox)::int AS "outbox rows",
       (SELECT count(*) FROM failed_message)::int AS "failed messages",
       (SELECT count(*) FROM need WHERE state IN ('open', 'placed'))::int AS "needs open or placed",
       (SELECT count(*) FROM need JOIN target ON target.id = target_id
          JOIN host ON host.id = need.host_id JOIN pool ON pool.id = pool_id
        WHERE need.state = 'unmet'
          AND planned_on IS DISTINCT FROM ARRAY[host.facts_version, pool.facts_version])::int AS "needs to be planned again",
       (SELECT count(*) FROM lease WHERE state IN ('planned', 'granted', 'leaving', 'draining'))::int AS "leases on their way",
       (SELECT count(*) FROM target WHERE state = 'deleting')::int AS "targets being deleted",
       (SELECT count(*) FROM host WHERE observed_generation <> desired_generation)::int AS "hosts behind"`,
  );
  return Object.entries(row ?? {}).flatMap(([what, n]) => (n > 0 ? [`${n} ${what}`] : []));
}

/** Crashes end, disks come back, agents work: everything must come to rest, or something was lost. */
export async function comeToRest(world: World): Promise<void> {
  for (const { machine } of world.hosts) machine.pulled.clear();
  // What is armed still strikes while the agents catch up for the first time.
  await Promise.all(world.hosts.map((host) => world.bring(host)));
  world.crew.sabotage.disarm();
  await world.crew.whole();
  let last = '';
  let since = Date.now();
  for (let quiet = 0; quiet < 2;) {
    await timePasses(world.sql);
    await Promise.all(
      world.hosts.map(async (host) => {
        while (await world.bring(host));
      }),
    );
    const left = (await underWay(world)).join(', ');
    if (left !== last) since = Date.now();
    last = left;
    if (Date.now() - since > PATIENCE_MS) throw new Error(`it does not come to rest: ${left}`);
    quiet = left === '' ? quiet + 1 : 0;
    if (left !== '') await sleep(ROUND_MS);
  }
}
