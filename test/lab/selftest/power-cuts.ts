import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';

const blockBytes = 4096;

/** Blocks with a text of their own, so that it can be told which are there. */
const writeBlock = (device: string, block: number | string, text: string) =>
  `yes ${text} | head -c ${blockBytes} | dd of=${device} bs=${blockBytes} seek=${block} ` +
  `count=1 iflag=fullblock oflag=direct conv=notrunc status=none`;

async function textOf(host: LabHost, device: string, block: number): Promise<string> {
  return host.run(
    `dd if=${device} iflag=direct bs=${blockBytes} skip=${block} count=1 status=none | ` +
      `tr -d '\\0' | head -n 1`,
  );
}

async function cutAndBoot(s: Scenario, host: LabHost, keep: number): Promise<void> {
  await host.powerCut({ seed: s.seed, keep });
  await host.boot();
}

async function whatSurvives(s: Scenario, host: LabHost): Promise<void> {
  for (const disk of ['a1', 'b1']) {
    const device = await host.device(disk);
    await host.run(`${writeBlock(device, 1, 'flushed')} && sync ${device}`);
    await host.run(writeBlock(device, 2, 'unflushed'));
  }
  const forced = await host.device('a1');
  await host.run(
    `yes forced | head -c 4096 > /tmp/forced && ` +
      `sg_raw --send=4096 --infile=/tmp/forced ${forced} 2a 08 00 00 00 18 00 00 08 00`,
  );
  await host.run(writeBlock(forced, 4, 'unflushed'));
  const nvme = await host.device('n1');
  await host.run(writeBlock(nvme, 1, 'protected'));
  await host.run('echo kept > /var/lib/dm-remap/file && sync /var/lib/dm-remap/file');
  await cutAndBoot(s, host, 0);

  for (const disk of ['a1', 'b1']) {
    const device = await host.device(disk);
    s.equal(`${disk}: a flushed write survives`, await textOf(host, device, 1), 'flushed');
  }
  const [a1, b1] = [await host.device('a1'), await host.device('b1')];
  s.check('b1: an unflushed write can be lost', (await textOf(host, b1, 2)) !== 'unflushed');
  s.equal('a1: a forced write (FUA) survives', await textOf(host, a1, 3), 'forced');
  s.check('a1: a write after it can be lost', (await textOf(host, a1, 4)) !== 'unflushed');
  const n1 = await host.device('n1');
  s.equal('n1: every completed write survives', await textOf(host, n1, 1), 'protected');
  s.equal('a synced file survives', await host.run('cat /var/lib/dm-remap/file'), 'kept');
}

async function everyWriteIsLogged(s: Scenario, host: LabHost): Promise<void> {
  const names = ['a1', 'b1', 'n1'];
  const devices = await Promise.all(names.map((name) => host.device(name)));
  const digests = async () => {
    const found = await Promise.all(names.map((name) => host.device(name)));
    return host.run(
      `for d in ${found.join(' ')}; do dd if=$d iflag=direct bs=1M status=none | sha256sum; done`,
    );
  };
  // Of two writes to one place that are under way at once, either may be the last; so there are none.
  const load = (device: string) =>
    `dd if=/dev/urandom of=${device} oflag=direct bs=1M count=20 status=none && ` +
    `fio --name=load --filename=${device} --offset=20M --serialize_overlap=1 ` +
    `--ioengine=libaio --direct=1 --iodepth=8 ` +
    `--rw=randrw --rwmixread=20 --bsrange=4k-64k --randseed=${s.seed} --runtime=4 --time_based ` +
    `> /tmp/fio.log & load=$!; for i in 1 2 3 4 5 6 7 8; do blkdiscard -z -o $((i * 65536)) -l 262144 ${device}; ` +
    `blkdiscard -o $((i * 2097152)) -l 1048576 ${device}; sleep 0.3; done; wait $load`;
  await Promise.all(devices.map((device) => host.run(load(device))));
  const before = await digests();
  await cutAndBoot(s, host, 1);
  s.equal('the write log explains all that is on the disks', await digests(), before);
}

/** Power is cut while records are written and flushed; each that was said to be safe must be there. */
async function acknowledgedRecords(s: Scenario, host: LabHost): Promise<void> {
  const device = await host.device('a1');
  const acknowledged: number[] = [];
  const writer =
    `for i in $(seq 100 4000); do ` +
    `${writeBlock(device, '$i', 'record$i')} && ` +
    `${writeBlock(device, '$((i + 4000))', 'noise$i')} && sync ${device} && echo $i; done`;
  const writing = host
    .exec(writer, {
      onStdout: (data) => acknowledged.push(...data.toString().trim().split('\n').map(Number)),
    })
    .catch(() => undefined);
  while (acknowledged.length < 20) await new Promise((resolve) => setTimeout(resolve, 20));
  await cutAndBoot(s, host, 0);
  await writing;
  const again = await host.device('a1');
  const last = Math.max(...acknowledged);
  const present = await host.run(
    `for i in $(seq 100 ${last}); do dd if=${again} iflag=direct bs=4096 skip=$i count=1 status=none ` +
      `| grep -qa "^record$i$" && echo $i; done`,
  );
  s.equal(
    `all ${last - 99} records flushed before the cut are there`,
    present.split('\n').length,
    last - 99,
  );
}

export async function powerCuts(s: Scenario, host: LabHost): Promise<void> {
  await s.step('what must survive does, the rest can be lost', () => whatSurvives(s, host));
  await s.step('a power cut that loses nothing changes nothing', () => everyWriteIsLogged(s, host));
  await s.step('the power fails in the middle of writing', () => acknowledgedRecords(s, host));
}
