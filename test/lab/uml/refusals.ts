import type { Scenario } from '../../../src/lab/scenario.js';
import { breakSectors, healSectors } from '../../../src/lab/uml/disks.js';
import { crc32c, parseSuperblock } from '../../../libs/dm-table/index.js';
import { fill, letters } from '../support/letters.js';
import { RemapTarget } from '../support/remap-target.js';
import type { UmlStage } from './stage.js';

const sectors = 8192;
const offset = 64;
const page = 4096;

/** The superblock as a later version of this software might have written it. */
function ofVersion(superblock: Buffer, version: number): Buffer {
  const later = Buffer.from(superblock);
  later.writeUInt32LE(version, 12);
  later.writeUInt32LE(0, 8);
  later.writeUInt32LE(crc32c(later), 8);
  return later;
}

/** Which of the two copies counts may not be known; a guess could bring old mappings back. */
export async function refusals(s: Scenario, stage: UmlStage): Promise<void> {
  await stage.addDisk({ name: 'main', sizeMiB: 8 });
  await stage.addDisk({ name: 's1', sizeMiB: 4 });
  const target = new RemapTarget(stage, 'x0', 'main', sectors);
  await target.lend('s1', offset, 1024);
  await target.create();
  await breakSectors(stage.guest, 'main', 800, 8);
  await fill(stage, target.path, 100, 'a');
  await target.remove();

  const table = await target.table();
  const said = async () => {
    const { code, stderr } = await stage.exec(
      `dmesg -C; dmsetup create again --noudevsync --table '${table}'`,
    );
    if (code === 0) {
      await stage.run('dmsetup remove --noudevsync again');
      return 'accepted';
    }
    const reason = await stage.run(`dmesg | grep -o 'remap: .*' | tail -1`);
    return `${reason}: ${/failed: (.*)/.exec(stderr)?.[1] ?? stderr}`;
  };
  const places = {
    superblock: 'the lease superblock',
    'page of entries': "the lease's entry table",
  };
  for (const [at, [what, name]] of Object.entries(places).entries())
    for (const copy of [0, 1]) {
      const first = offset + 16 * at + 8 * copy;
      await breakSectors(stage.guest, 's1', first);
      s.equal(
        `a lease of which copy ${copy} of a ${what} cannot be read is refused`,
        await said(),
        `remap: Cannot read ${name} (-5): Input/output error`,
      );
      await healSectors(stage.guest, 's1', first, 1);
    }

  const copies = [0, 1].map((copy) => async () => {
    const text = await stage.run(
      `dd if=/dev/s1 bs=${page} skip=${offset / 8 + copy} count=1 iflag=direct status=none | base64 -w0`,
    );
    return Buffer.from(text, 'base64');
  });
  const read = await Promise.all(copies.map((copy) => copy()));
  const sequences = read.map((bytes) => {
    const parsed = parseSuperblock(bytes);
    return parsed.ok ? Number(parsed.value.sequence) : 0;
  });
  const newer = (sequences[1] ?? 0) > (sequences[0] ?? 0) ? 1 : 0;
  const write = (bytes: Buffer) =>
    stage.guest.run(
      `dd of=/dev/s1 bs=${page} seek=${offset / 8 + newer} count=1 oflag=direct conv=notrunc iflag=fullblock status=none`,
      { input: bytes },
    );
  const known = read[newer] ?? Buffer.alloc(page);
  await write(ofVersion(known, 2));
  s.equal(
    'one whose newer superblock is of a later version is refused, whatever the older one says',
    await said(),
    'remap: Lease metadata version is not supported (-22): Invalid argument',
  );
  const torn = Buffer.from(known);
  torn.fill(0, 512);
  await write(torn);
  s.equal(
    'one whose newer superblock was torn is taken as it was before',
    await said(),
    'accepted',
  );
  await write(known);
  await target.create();
  s.equal('and whole again it is as it was', await letters(stage, target.path, 100), 'a');
  await target.remove();
}
