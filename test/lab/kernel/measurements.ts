import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import { RemapTarget } from '../support/remap-target.js';

const ima = '/sys/kernel/security/ima';

/** What the kernel's integrity log gets of a table. */
export async function measurements(s: Scenario, host: LabHost): Promise<void> {
  await host.run(
    `mountpoint -q /sys/kernel/security || mount -t securityfs securityfs /sys/kernel/security
     echo 'measure func=CRITICAL_DATA label=device-mapper' > ${ima}/policy`,
  );
  const target = new RemapTarget(host, 'i0', 'main', 65_536);
  await target.lend('s1', 2048, 1024);
  const table = await target.table();
  await target.create(`${table} 5 read_retries 2 fail_limit 10 60`);
  const logged = await host.run(`grep dm_table_load ${ima}/ascii_runtime_measurements | tail -1`);
  const measured = Buffer.from(logged.split(' ').at(-1) ?? '', 'hex').toString();
  const numbers = await host.run(`dmsetup table i0 | awk '{ print $4, $10 }'`);
  const [main = '', spare = ''] = numbers.split(' ');
  s.equal(
    'a table is measured with its leases and options',
    measured.split(';').at(-2)?.split(','),
    [
      'target_index=0',
      'target_begin=0',
      'target_len=65536',
      'target_name=remap',
      `target_version=${await host.run('cat /sys/kernel/dm_remap/version')}`,
      `target_uuid=${target.id}`,
      'generation=1',
      'block_size=8',
      `device_name=${main}`,
      'start=0',
      'read_retries=2',
      'fail_limit=10',
      'fail_seconds=60',
      'nr_leases=1',
      `lease_0_device_name=${spare}`,
      'lease_0_start=2048',
      'lease_0_len=1024',
    ],
  );
  await target.remove();
}
