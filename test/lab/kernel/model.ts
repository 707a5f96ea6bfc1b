import { readFile } from 'node:fs/promises';
import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import { runModelLoad } from '../support/model-load.js';
import { compileWorkload } from '../support/workload.js';

const program = '/run/model';
const sectors = 40_003; // the last block is short
const spareSectors = 16_384;
const seconds = 60;

/** Writes to other sectors of the disks fail every now and then, metadata included; never on n1. */
async function breakWrites(host: LabHost, seed: number, running: () => boolean): Promise<void> {
  let state = seed;
  const draw = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  while (running()) {
    const disk = ['main', 's1', 's2'][draw(3)] ?? 'main';
    if (draw(3) === 0) await host.healDisk(disk);
    const sector = disk === 'main' ? draw(sectors) : 2048 + draw(2048);
    await host.breakDisk(disk, { sector, count: 1 + draw(40), on: 'writes' });
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** All that may happen to a target at once, against a model of what a right disk may answer. */
export async function againstModel(s: Scenario, host: LabHost): Promise<void> {
  const disk = async (name: string) => ({ name, path: await host.device(name) });
  const [main, s1, s2, n1] = await Promise.all([disk('main'), disk('s1'), disk('s2'), disk('n1')]);
  const small = Array.from({ length: 8 }, (_, index) => 2048 + index * 1024);
  await host.writeFile(program, await readFile(await compileWorkload(s, 'model')));
  await host.run(
    `chmod +x ${program}; dd if=/dev/zero of=${main.path} bs=1M count=20 oflag=direct status=none`,
  );
  const load = {
    program,
    seed: s.seed,
    ...{ seconds, sectors, main },
    spare: { ...s1, sectors: spareSectors },
    leases: [
      { disk: n1, offset: 2048, length: 49_152 },
      ...small.flatMap((offset) =>
        [s1, s2].map((spare) => ({ disk: spare, offset, length: 1024 })),
      ),
    ],
    environment: { MODEL_MEDDLED: 'yes' },
  };
  await s.step(`a random load for ${seconds} s gets only what it may`, async () => {
    const said = await runModelLoad(host, load, async (command, options) => {
      let running = true;
      const done = host.run(command, options).finally(() => {
        running = false;
      });
      const [answer] = await Promise.all([done, breakWrites(host, s.seed, () => running)]);
      return answer;
    });
    s.note(said);
  });
  for (const { name } of [main, s1, s2]) await host.healDisk(name);
}
