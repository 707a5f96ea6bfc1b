import { randomBytes } from 'node:crypto';
import { messageOf } from '../../../src/lab/errors.js';
import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';

export async function executing(s: Scenario, host: LabHost): Promise<void> {
  s.equal('a second boot says that it runs already', await host.boot(), false);

  s.equal(
    'exec tells output, errors and exit code apart',
    await host.exec('echo out; echo err >&2; exit 3'),
    { code: 3, stdout: 'out\n', stderr: 'err\n' },
  );

  await s.step('three mebibytes go in and come back', async () => {
    const data = randomBytes(3 << 20).toString('hex');
    const { stdout } = await host.exec('cat', { input: data });
    if (stdout !== data) throw new Error(`got ${stdout.length} characters back`);
  });

  await s.step('eight commands run side by side', async () => {
    const meet =
      'mkdir -p /tmp/meet && touch /tmp/meet/$$ && ' +
      'until [ "$(ls /tmp/meet | wc -l)" -eq 8 ]; do sleep 0.2; done';
    await Promise.all(Array.from({ length: 8 }, () => host.run(meet, { timeoutMs: 60_000 })));
  });

  await s.step('a command that takes too long is killed', async () => {
    const error = await host.run('exec sleep 1234', { timeoutMs: 1_000 }).catch(messageOf);
    if (!error.includes('killed')) throw new Error(error);
    await host.run(
      'for i in $(seq 50); do pgrep -f "sleep 1234$" || exit 0; sleep 0.1; done; exit 1',
    );
  });

  await s.step('a background program outlives the command that started it', async () => {
    const pid = await host.background('sleeper', 'echo started; exec sleep 600');
    await host.run(`sleep 0.5; kill -0 ${pid} && grep started /var/log/lab/sleeper.log`);
  });

  const columns = await host.run('lsblk --nodeps --pairs --output SERIAL,WWN');
  for (const { name, serial, wwn, kind } of host.spec.disks) {
    const shown = wwn ? `WWN="${kind === 'nvme' ? 'eui.' : '0x'}${wwn}"` : 'WWN=""';
    s.check(
      `lsblk shows serial and WWN of ${name}`,
      columns.includes(`SERIAL="${serial}" ${shown}`),
      columns,
    );
  }
}
