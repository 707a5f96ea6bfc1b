import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import { RemapTarget } from '../support/remap-target.js';

/** Tables change under load, and only forwards. */
export async function reloads(s: Scenario, host: LabHost): Promise<void> {
  const target = new RemapTarget(host, 'l0', 'main', 65_536);
  await target.lend('s1', 2048, 2048);
  await target.create();
  await host.breakDisk('main', { sector: 12_000, count: 400, on: 'writes' });

  await s.step('ten reloads under a verifying load lose and fail nothing', async () => {
    const fio = host.run(
      `fio --name=load --filename=${target.path} --direct=1 --rw=randwrite --bsrange=512-64k --iodepth=8 \
       --ioengine=libaio --offset=5M --size=4M --io_size=24M --verify=crc32c --verify_backlog=64 --randseed=${s.seed} \
       --verify_fatal=1 --output=/tmp/fio.log || { cat /tmp/fio.log; exit 1; }`,
      { timeoutMs: 300_000 },
    );
    fio.catch(() => undefined);
    for (let i = 0; i < 10; i += 1) {
      await target.lend(i % 2 ? 's2' : 'n1', 2048 + i * 1024, 1024);
      await target.reload();
    }
    await fio;
  });
  const status = await target.status();
  s.equal('the table has all leases', status.leases.length, 11);
  s.equal('every bad block was remapped once', status.usedBlocks, 50);

  const table = await host.run(`dmsetup table ${target.name}`);
  await s.step('the table that dmsetup prints can be loaded as it is', async () => {
    await host.run(
      `dmsetup load ${target.name} --table '${table}' && dmsetup resume --noudevsync ${target.name}`,
    );
    if ((await host.run(`dmsetup table ${target.name}`)) !== table) throw new Error('it changed');
  });
  s.equal('the map is still there', (await target.status()).usedBlocks, 50);
  const refused = async (what: string, table: string, reason: RegExp) => {
    const said = await target.reloadRefusal(table);
    s.check(`refused: ${what}`, reason.test(said), said);
  };
  await refused('a lower generation', await target.table(3), /lower than/);
  await refused(
    'a lease left out that holds remaps',
    await target.table(target.generation + 1, target.leases.slice(1)),
    /still holds remaps/,
  );
  await refused(
    'other leases at the same generation',
    await target.table(target.generation, [
      ...target.leases,
      await target.format('s2', 40_960, 1024),
    ]),
    /higher generation/,
  );

  const twice = (await target.table(target.generation)).slice(2);
  await refused('the target twice in one table', `0 ${twice}\n65536 ${twice}`, /loaded already/);
  await host.run(`dmsetup load ${target.name} --table '${table}'`);
  await refused('a second table before the first is resumed', table, /loaded already/);
  await host.run(`dmsetup clear ${target.name}`);
  await refused('after it was cleared: nothing', table, /^accepted$/);

  await target.remove();
  await refused2('after removal: a lower generation', await target.table(3), /lower than/);
  await refused2(
    'after removal: a member missing',
    await target.table(target.generation, target.leases.slice(0, 10)),
    /missing from the table/,
  );
  async function refused2(what: string, table: string, reason: RegExp) {
    const said = await target.refusal(table);
    s.check(`refused: ${what}`, reason.test(said), said);
  }
  await target.create();
  s.equal('mappings survive removal', (await target.status()).usedBlocks, 50);
  await s.step('and so does the data', async () => {
    await host.run(
      `fio --name=load --filename=${target.path} --direct=1 --rw=randwrite --bsrange=512-64k --iodepth=8 \
       --ioengine=libaio --offset=5M --size=4M --io_size=24M --verify=crc32c --randseed=${s.seed} \
       --verify_only --output=/tmp/fio.log || { cat /tmp/fio.log; exit 1; }`,
      { timeoutMs: 300_000 },
    );
  });
  await target.remove();
  await host.healDisk('main');
  await suspendDuringMessage(s, host);
}

/** A message that moves many blocks gives way to a suspend, which holds I/O back meanwhile. */
async function suspendDuringMessage(s: Scenario, host: LabHost): Promise<void> {
  const target = new RemapTarget(host, 'l1', 'main', 65_536);
  await target.lend('s1', 2048, 60_000);
  await target.create();
  const moving = target.message('remap 0 58000');
  moving.catch(() => undefined);
  while ((await target.status()).usedBlocks === 0);
  await host.run(
    `dmsetup suspend --noudevsync ${target.name}; dmsetup resume --noudevsync ${target.name}`,
  );
  const moved = Number(await moving);
  s.check(
    'a long message ends when the device is suspended',
    moved > 0 && moved < 7250,
    `${moved}`,
  );
  s.equal('and says what it has moved', (await target.status()).usedBlocks, moved);
  await target.remove();
}
