import { z } from 'zod';
import type { LabHost } from '../../../src/lab/lab-host.js';
import { kernelMap, type Stage } from './stage.js';

const FioJob = z.object({
  jobs: z.array(
    z.object({ write: z.object({ clat_ns: z.object({ mean: z.number(), max: z.number() }) }) }),
  ),
});

/** Mean and worst time of a 4 KiB write inside the guest, in milliseconds. */
async function writeTimes(host: LabHost, offsetSectors: number): Promise<string> {
  const json = await host.run(
    `fio --name=time --filename=/dev/mapper/t0 --direct=1 --ioengine=psync --rw=write --bs=4k \
     --offset=${offsetSectors * 512} --size=128k --output-format=json`,
  );
  const clat = FioJob.parse(JSON.parse(json)).jobs[0]?.write.clat_ns;
  const ms = (ns: number) => (ns / 1e6).toFixed(1);
  return clat ? `mean ${ms(clat.mean)} ms, worst ${ms(clat.max)} ms` : 'unknown';
}

/** 5. Without redundancy an error is an error, until the data is written again. */
export async function withoutRedundancy(stage: Stage): Promise<void> {
  const { s, h2 } = stage;
  const target = '/dev/mapper/t0';
  await h2.run(
    `head -c 1048576 /dev/urandom > /tmp/image; dd if=/tmp/image of=${target} bs=1M oflag=direct conv=notrunc,fsync status=none`,
  );
  const read = async (skip: number, count: number) => {
    const { code } = await h2.exec(
      `dd if=${target} bs=512 skip=${skip} count=${count} iflag=direct status=none > /tmp/read || exit 5;
       dd if=/tmp/image bs=512 skip=${skip} count=${count} status=none | cmp - /tmp/read || exit 6`,
    );
    return code === 0 ? 'right' : code === 5 ? 'error' : 'wrong data';
  };
  await h2.breakDisk('e1s1', { sector: 803, count: 1 });
  s.equal('a bad sector reads as an error, never as invented data', await read(803, 1), 'error');
  s.equal('so does a read of several sectors over it', await read(700, 200), 'error');
  await s.step('the block is written again', () =>
    h2.run(
      `dd if=/tmp/image of=${target} bs=4k skip=100 seek=100 count=1 oflag=direct conv=notrunc status=none`,
    ),
  );
  s.equal('now it reads right', await read(803, 1), 'right');
  s.equal('and so does a read of several sectors around it', await read(700, 200), 'right');
  const map = await kernelMap(h2, 't0');
  s.check(
    'it lives on a spare',
    map.some((line) => line.startsWith('100 ')),
    map.join('\n'),
  );

  await h2.breakDisk('e1s1', { sector: 16_384, count: 256, on: 'writes' });
  s.note(`write to a healthy block in the guest: ${await writeTimes(h2, 8192)}`);
  s.note(`write to a failing block, error to remapped: ${await writeTimes(h2, 16_384)}`);
}
