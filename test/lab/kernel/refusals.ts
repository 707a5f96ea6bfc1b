import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import { RemapTarget } from '../support/remap-target.js';

/** Tables that the kernel must not take, and what it says. */
export async function refusals(s: Scenario, host: LabHost): Promise<void> {
  const target = new RemapTarget(host, 'r0', 'main', 65_536);
  const main = await host.device('main');
  const spare = await host.device('s1');
  const says = async (what: string, table: string, reason: RegExp) => {
    const said = await target.refusal(table);
    s.check(`refused: ${what}`, reason.test(said), said);
  };
  const line = (tail: string) => `0 65536 remap ${main} 0 8 ${target.id} ${tail}`;

  await says('too few arguments', `0 65536 remap ${main} 0 8`, /Not enough arguments/);
  await says(
    'a device that is not there',
    `0 65536 remap /dev/nope 0 8 ${target.id} 1 0`,
    /main device/,
  );
  await says(
    'a block size that is no power of two',
    `0 65536 remap ${main} 0 12 ${target.id} 1 0`,
    /Block size/,
  );
  await says('a UUID that is none', `0 65536 remap ${main} 0 8 x 1 0`, /target UUID/);
  await says('generation zero', line('0 0'), /Generation/);
  await says(
    'a target longer than its disk',
    `0 99999999 remap ${main} 0 8 ${target.id} 1 0`,
    /beyond the end/,
  );
  await says('a lease that was never formatted', line(`1 1 ${spare} 2048 2048`), /not formatted/);
  await says('a lease beyond its disk', line(`1 1 ${spare} 0 99999992`), /beyond the end/);
  await says('a lease on the main device', line(`1 1 ${main} 2048 2048`), /overlaps the main/);
  await says(
    'leases that overlap',
    line(`1 2 ${spare} 2048 2048 ${spare} 4088 2048`),
    /Leases overlap/,
  );
  await says('an unknown option', line('1 0 2 color 3'), /optional argument/);
  await says('words left over', line('1 0 0 0'), /Too many/);

  const other = new RemapTarget(host, 'other', 'main', 65_536);
  await other.format('s1', 2048, 2048);
  await says('a lease of another target', line(`1 1 ${spare} 2048 2048`), /another target/);
  await target.format('s1', 2048, 2048);
  await says('a lease given with another length', line(`1 1 ${spare} 2048 2040`), /length differs/);
  await host.run(`dd if=/dev/zero of=${spare} bs=512 seek=2050 count=1 oflag=direct status=none`);
  s.check(
    'accepted: a lease with one damaged superblock',
    (await target.refusal(line(`1 1 ${spare} 2048 2048`))) === 'accepted',
  );
  await target.format('s1', 2048, 2048);
  await host.run(
    `dd if=/dev/urandom of=${spare} bs=512 seek=2068 count=1 oflag=direct status=none`,
  );
  await says('a damaged entry table', line(`1 1 ${spare} 2048 2048`), /entry table is damaged/);
}
