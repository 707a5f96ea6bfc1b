import { describe, expect, it } from '@jest/globals';
import { CommandError } from '../base/errors.js';
import type { RunProgram } from '../base/run-program.js';
import { Dmsetup } from './dmsetup.js';
import { readStatuses, readTargets } from './targets.js';

const TARGET = 'bbbbbbbb-0000-4000-8000-000000000002';
const LEASE = 'aaaaaaaa-0000-4000-8000-000000000002';
const LINE = `0 131072 remap 8:48 0 8 ${TARGET} 1 1 8:16 10240 4096`;

/** As captured on Debian 12 with kernel 6.1. */
const CAPTURED: Readonly<Record<string, string>> = {
  info: `lin\t\t253\t0\tActive\tLive\t0\nr2\tDMREMAP-${TARGET}\t253\t1\tActive\tBoth\t7\n`,
  table: `lin: 0 8192 linear 8:80 0\nr2: ${LINE}\n`,
  'table --inactive r2': `${LINE}\n`,
  status: `r2: 0 131072 remap rw 1 8 0/504 0 0 0 0 0 0 1 ${LEASE} 8:16 10240 0/504 0 0 ok - -\n`,
};

function fake(outputs: Readonly<Record<string, string>>): { run: RunProgram; commands: string[] } {
  const commands: string[] = [];
  const run: RunProgram = (program, args) => {
    const line = args.join(' ');
    commands.push(`${program} ${line}`);
    return Promise.resolve(outputs[line] ?? outputs[args[0] ?? ''] ?? '');
  };
  return { run, commands };
}

describe('the targets of a host', () => {
  it('are the mapped devices whose UUID says they are ours, with both tables', async () => {
    const targets = await readTargets(new Dmsetup(fake(CAPTURED).run, true));
    expect(targets).toEqual([
      expect.objectContaining({
        targetId: TARGET,
        name: 'r2',
        devno: '253:1',
        suspended: false,
        eventNumber: 7,
        hasLiveTable: true,
        hasInactiveTable: true,
        table: expect.objectContaining({ generation: 1, mainDevice: '8:48' }) as unknown,
        inactive: expect.objectContaining({ generation: 1 }) as unknown,
      }),
    ]);
  });

  it('have the counters of the status line', async () => {
    const statuses = await readStatuses(new Dmsetup(fake(CAPTURED).run, true));
    expect(statuses.get('r2')).toMatchObject({ mode: 'rw', generation: 1, totalBlocks: 504 });
  });

  it('that have no table or another type are still found', async () => {
    const info = `r2\tDMREMAP-${TARGET}\t253\t1\tSuspended\tNone\t0\n`;
    const [target] = await readTargets(new Dmsetup(fake({ info }).run, true));
    expect(target).toMatchObject({ suspended: true, hasLiveTable: false, table: null });
    const linear = { ...CAPTURED, table: 'r2: 0 8192 linear 8:80 0\n' };
    expect((await readTargets(new Dmsetup(fake(linear).run, true)))[0]?.table).toBeNull();
  });

  it('are none where the kernel has no device-mapper', async () => {
    const run: RunProgram = () =>
      Promise.reject(
        new CommandError(
          'dmsetup info',
          'Failure to communicate with kernel device-mapper driver.\n',
          'exit 1',
        ),
      );
    expect(await readTargets(new Dmsetup(run, true))).toEqual([]);
  });
});

describe('dmsetup', () => {
  it('makes device nodes itself where udev does not run', async () => {
    const { run, commands } = fake({});
    await new Dmsetup(run, false).create('r0', 'DMREMAP-x', LINE);
    expect(commands).toEqual([
      `dmsetup create r0 --uuid DMREMAP-x --table ${LINE} --noudevsync --noudevrules`,
      'dmsetup mknodes r0',
    ]);
  });

  it('swaps tables with one resume and never suspends', async () => {
    const { run, commands } = fake({});
    const dmsetup = new Dmsetup(run, true);
    await dmsetup.load('r0', LINE);
    await dmsetup.resume('r0');
    expect(commands).toEqual([`dmsetup load r0 --table ${LINE}`, 'dmsetup resume --nolockfs r0']);
  });

  it('adds what the kernel said to a table that it refused', async () => {
    const run: RunProgram = (program) =>
      program === 'dmesg'
        ? Promise.resolve(
            'usb 1-1: new device\ndevice-mapper: table: 253:1: remap: stale generation\n',
          )
        : Promise.reject(new CommandError('dmsetup load r0', 'Invalid argument\n', 'exit 1'));
    await expect(new Dmsetup(run, true).load('r0', LINE)).rejects.toThrow(
      'dmsetup load r0: Invalid argument (last in the kernel log: device-mapper: table: 253:1: remap: stale generation)',
    );
  });
});
