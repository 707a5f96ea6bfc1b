import { startAgent } from '../../../src/lab/fleet/agent.js';
import { until } from '../../../src/lab/fleet/fleet.js';
import type { LabHost } from '../../../src/lab/lab-host.js';
import { loadRemapModule } from '../../../src/lab/remap-module.js';
import { StampLoad } from '../support/stamp-load.js';
import { kernelMap, kernelTarget, killAgent, settled, type Stage } from './stage.js';

async function present(host: LabHost, name: string): Promise<void> {
  await until(`${host.name} has target ${name} again`, 60_000, async () =>
    (await host.exec(`test -b /dev/mapper/${name}`)).code === 0 ? true : undefined,
  );
}

/** 6. The power goes; what was flushed is there again, out of the leases alone. */
export async function powerCut(stage: Stage): Promise<void> {
  const { s, side, h1, h2 } = stage;
  const places = [
    { host: h1, load: new StampLoad(h1, '/dev/md0', s.seed, 6144, 1024), names: ['r0', 'r1'] },
    { host: h2, load: new StampLoad(h2, '/dev/mapper/t0', s.seed, 3072, 512), names: ['t0'] },
  ];
  await h1.breakDisk('e1s1', { sector: 2048 + 6144 * 8 + 800, count: 400 });
  await h2.breakDisk('e1s1', { sector: 3072 * 8 + 400, count: 200, on: 'writes' });
  for (const { load } of places) load.start();
  await s.step('both hosts write, flush and remap for a while', () =>
    until('both have flushed 150 rounds', 120_000, () =>
      Promise.resolve(places.every(({ load }) => load.flushedRound >= 150) || undefined),
    ),
  );
  for (const { host, load, names } of places) {
    const before = new Map<string, string[]>();
    for (const name of names) before.set(name, await kernelMap(host, name));
    await s.step(`the power of ${host.name} is cut under load`, async () => {
      await host.powerCut({ seed: s.seed });
      await load.ended();
    });
    s.note(`flushed until then: ${load.flushedRound} rounds`);
    await s.step(`${host.name} boots and its agent has only the leases to go by`, async () => {
      await host.boot();
      await loadRemapModule(host);
      await host.run('rm /var/lib/dm-remap/applied.json');
      await startAgent(host, side.api, 9);
      for (const name of names) await present(host, name);
    });
    for (const [name, remaps] of before) {
      const now = new Set(await kernelMap(host, name));
      const lost = remaps.filter((remap) => !now.has(remap));
      s.equal(`all ${remaps.length} mappings of ${name} are as before`, lost, []);
    }
    if (host === h1) {
      await s.step('the array assembles', () =>
        host.run('mdadm --assemble /dev/md0 --run /dev/mapper/r0 /dev/mapper/r1'),
      );
      const mdstat = await host.run('cat /proc/mdstat');
      s.check('it is complete', mdstat.includes('[UU]'), mdstat);
    }
    const wrong = await load.wrong();
    s.check(`every flushed byte of ${host.name} is right`, wrong === undefined, wrong);
    await killAgent(host);
    await startAgent(host, side.api, side.settings.managerPort);
    await s.step(`${host.name} and the books agree again`, async () => {
      for (const name of names) {
        const target = await settled(stage, name);
        const kernel = await kernelTarget(host, name);
        if (kernel.generation !== target.desiredTableGeneration)
          throw new Error(`${name} runs ${kernel.generation}`);
      }
    });
  }
}
