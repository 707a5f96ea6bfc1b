import { expect, test } from '@jest/globals';
import { complaintsIn } from './complaints.js';

const quiet = [
  '[    0.220000] Console initialized on /dev/tty0',
  '[    3.100000] device-mapper: table: 253:0: remap: Lease belongs to another target (-EINVAL)',
  '[    3.200000] Buffer I/O error on dev dm-0, logical block 0, async page read',
];

test('errors of disks are no complaints of the kernel', () => {
  expect(complaintsIn(quiet.join('\n'))).toEqual([]);
});

test.each([
  'BUG: KASAN: use-after-free in remap_map+0x1c0/0x2e0 [dm_remap]',
  'BUG: sleeping function called from invalid context at mm/slab.h:494',
  'WARNING: possible circular locking dependency detected',
  'WARNING: CPU: 0 PID: 33 at kernel/workqueue.c:3066 __flush_work+0x1b0/0x2c0',
  'INFO: task dmsetup:44 blocked for more than 60 seconds.',
  'Kernel panic - not syncing: Attempted to kill init!',
  'kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)',
])('%s is one, with what follows', (line) => {
  const log = [...quiet, `[    4.000000] ${line}`, '[    4.000000] Call Trace:'].join('\n');
  expect(complaintsIn(log)).toEqual([`[    4.000000] ${line}\n[    4.000000] Call Trace:`]);
});
