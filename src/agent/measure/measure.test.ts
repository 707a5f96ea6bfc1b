import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rm, writeFile } from 'node:fs/promises';
import { NOT_MEASURED, type DeviceId } from '../../../libs/contract/index.js';
import { Conditions } from '../base/conditions.js';
import { CommandError } from '../base/errors.js';
import { fakeSysfs } from '../discover/fake-sysfs.js';
import type { BlockDevice, Inventory } from '../discover/inventory.js';
import { busyMsIn, DiskLoad } from './disk-load.js';
import { Measurements } from './measurements.js';
import { parseSmartctl } from './smartctl.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('what smartctl says', () => {
  const parse = (output: object, exitStatus = 0) =>
    parseSmartctl(JSON.stringify({ smartctl: { exit_status: exitStatus }, ...output }));

  const nvme = (critical_warning: number, percentage_used = 7) =>
    parse({
      smart_status: { passed: critical_warning === 0, nvme: { value: critical_warning } },
      nvme_smart_health_information_log: { critical_warning, percentage_used },
      power_on_time: { hours: 8_765 },
    });

  it('is wear, age in whole days and prediction of an NVMe disk', () => {
    expect(nvme(0)).toEqual({ percentageUsed: 7, powerOnHours: 8_760, predictedFailing: false });
    expect(nvme(0, 140)?.percentageUsed).toBe(140);
  });

  it('is a prediction for each critical warning but those of heat and of persistent memory', () => {
    const predicted = [0, 1, 2, 3, 4, 5].filter((bit) => nvme(1 << bit)?.predictedFailing);
    expect(predicted).toEqual([0, 2, 3, 4]);
  });

  it('is the endurance indicator of an ATA disk', () => {
    const table = [
      { offset: 8, name: 'Percentage Used Endurance Indicator', size: 1, value: 23 },
      { offset: 16, name: 'Something else', size: 1 },
    ];
    const output = {
      smart_status: { passed: true },
      ata_device_statistics: { pages: [{ number: 0 }, { number: 7, table }] },
      power_on_time: { hours: 23, minutes: 59 },
    };
    expect(parse(output)).toEqual({
      percentageUsed: 23,
      powerOnHours: 0,
      predictedFailing: false,
    });
  });

  it('is a prediction of an ATA disk that fails its own test, whatever bits the exit status has', () => {
    expect(parse({ smart_status: { passed: false } }, 8 | 64)?.predictedFailing).toBe(true);
  });

  it('is a prediction of a SCSI disk beyond its threshold, not of one that is hot', () => {
    const scsi = (asc: number) =>
      parse({
        smart_status: { passed: false, scsi: { asc, ascq: 0x10, ie_string: 'text' } },
        scsi_percentage_used_endurance_indicator: 3,
      });
    expect(scsi(0x5d)).toEqual({ percentageUsed: 3, powerOnHours: null, predictedFailing: true });
    expect(scsi(0x0b)?.predictedFailing).toBe(false);
  });

  it('is no prediction from a drill', () => {
    const scsi = { asc: 0x5d, ascq: 0xff };
    expect(parse({ smart_status: { passed: false, scsi } })?.predictedFailing).toBe(false);
  });

  it('is unknown of a disk that has no SMART, or does not answer', () => {
    const nothing = { percentageUsed: null, powerOnHours: null, predictedFailing: null };
    expect(parse({ smart_support: { available: false } }, 4)).toEqual(nothing);
    expect(parse({}, 1)).toEqual(nothing);
  });

  it('hides nothing when part of it is strange', () => {
    const strange = {
      smart_status: { passed: false },
      power_on_time: { hours: -1 },
      scsi_percentage_used_endurance_indicator: 'many',
      ata_device_statistics: {
        pages: [null, { table: null }, { table: [null, { name: 'x', value: 2 ** 60 }] }],
      },
    };
    expect(parse(strange)).toEqual({
      percentageUsed: null,
      powerOnHours: null,
      predictedFailing: true,
    });
  });

  it('is undefined of one that sleeps, and an error of one that cannot be opened', () => {
    expect(parse({}, 3)).toBeUndefined();
    const messages = [{ string: 'open failed: Permission denied', severity: 'error' }];
    const refused = JSON.stringify({ smartctl: { exit_status: 2, messages } });
    expect(() => parseSmartctl(refused)).toThrow('Permission denied');
  });
});

describe('the load of a disk', () => {
  it('is unknown until it was sampled twice', () => {
    const load = new DiskLoad();
    load.sample(0, 1000);
    expect(load.percent).toBeNull();
    load.sample(HOUR, 1000 + 0.3 * HOUR);
    expect(load.percent).toBe(30);
  });

  it('is that of the time between two samples, in tens that do not flutter', () => {
    const load = new DiskLoad();
    let busyMs = 0;
    const told = [0, 0.22, 0.26, 0.27, 0.3, 0.9, 1].map((share, hour) => {
      load.sample(hour * HOUR, (busyMs += share * HOUR));
      return load.percent;
    });
    expect(told).toEqual([null, 20, 20, 20, 30, 90, 100]);
  });

  it('begins anew where the counter does, and lies between 0 and 100 whatever that shows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(10 * MINUTE), fc.nat(2 ** 40)), { minLength: 1 }),
        (samples) => {
          const load = new DiskLoad();
          let at = 0;
          for (const [after, busyMs] of samples) {
            at += after;
            load.sample(at, busyMs);
            expect(load.percent ?? 0).toBeGreaterThanOrEqual(0);
            expect(load.percent ?? 0).toBeLessThanOrEqual(100);
          }
        },
      ),
    );
  });

  it('is the tenth number of the kernel’s line', () => {
    const line =
      '       3        0       24        2        0        0        0        0        0        8        2\n';
    expect(busyMsIn(line)).toBe(8);
    expect(busyMsIn('')).toBeUndefined();
  });
});

describe('the measurements of a host', () => {
  const id = 'wwn:5000c50001010100' as DeviceId;
  const DISK = 'block/sda';
  const roots: string[] = [];
  let root: string;
  let now: number;
  let asked: string[];
  let answer: () => Promise<string>;
  let stop: AbortController;
  const conditions = new Conditions();
  const said = (output: object, exit_status = 0) =>
    Promise.resolve(JSON.stringify({ smartctl: { exit_status }, ...output }));

  beforeEach(async () => {
    root = await fakeSysfs({
      [`${DISK}/size`]: '196608\n',
      [`${DISK}/device/wwid`]: 'naa.5000c50001010100\n',
      [`${DISK}/stat`]: '0 0 0 0 0 0 0 0 0 0 0\n',
      'block/sdb/size': '196608\n',
      'block/sdb/device/wwid': 'naa.5000c50001010200\n',
    });
    roots.push(root);
    [now, asked, stop] = [0, [], new AbortController()];
    answer = () => said({ power_on_time: { hours: 100 }, smart_status: { passed: false } });
  });

  afterAll(async () => {
    await Promise.all(roots.map((each) => rm(each, { recursive: true })));
  });

  const begin = () => {
    const measurements = new Measurements({
      sys: root,
      run: (program, args) => {
        asked.push(`${program} ${args.at(-1) ?? ''}`);
        return answer();
      },
      conditions,
      nowMs: () => now,
    });
    const inventory: Inventory = new Map([
      [id, { devno: '8:0', node: '/dev/sda', observed: { diskId: id } as BlockDevice['observed'] }],
    ]);
    return {
      of: () => measurements.describe(inventory)[0]?.measured,
      take: () => measurements.take(stop.signal),
    };
  };

  it('are unknown before they are taken', () => {
    expect(begin().of()).toEqual(NOT_MEASURED);
  });

  it('ask each disk once an hour', async () => {
    const measurements = begin();
    for (; now < HOUR; now += 10 * MINUTE) await measurements.take();
    expect(asked).toEqual(['smartctl /dev/sda', 'smartctl /dev/sdb']);
    await writeFile(`${root}/${DISK}/stat`, `0 0 0 0 0 0 0 0 0 ${0.5 * HOUR} 0\n`);
    await measurements.take();
    expect(asked).toHaveLength(4);
    expect(measurements.of()).toEqual({
      ...{ busyPercent: 50, percentageUsed: null },
      ...{ powerOnHours: 96, predictedFailing: true },
    });
  });

  it.each([
    ['sleeps', () => said({}, 3)],
    ['no longer has a verdict', () => said({}, 4)],
    ['does not answer', () => Promise.reject(new Error('no answer'))],
  ])('keep what a disk said before it %s', async (_, then) => {
    const measurements = begin();
    await measurements.take();
    answer = then;
    now = HOUR;
    await measurements.take();
    expect(asked).toHaveLength(4);
    expect(measurements.of()).toMatchObject({ powerOnHours: 96, predictedFailing: true });
  });

  it.each([
    ['SmartctlMissing', new CommandError('smartctl', '', 'spawn smartctl ENOENT', 'ENOENT')],
    ['SmartctlFailed', new CommandError('smartctl', '', 'no answer in 60000 ms')],
  ])('say %s in a condition until it answers', async (reason, error) => {
    const measurements = begin();
    answer = () => Promise.reject(error);
    await measurements.take();
    expect(conditions.list()).toEqual([
      expect.objectContaining({ type: 'DisksMeasured', status: 'False', reason }),
    ]);
    answer = () => said({ power_on_time: { hours: 48 } });
    now = HOUR;
    await measurements.take();
    expect(conditions.list()).toEqual([
      expect.objectContaining({ type: 'DisksMeasured', status: 'True', reason: 'Measured' }),
    ]);
    expect(measurements.of()?.powerOnHours).toBe(48);
  });

  it('ask no further disk once the agent is to end', async () => {
    const measurements = begin();
    answer = () => {
      stop.abort();
      return Promise.reject(new Error('aborted'));
    };
    await measurements.take();
    expect(asked).toEqual(['smartctl /dev/sda']);
  });

  it('forget a disk that is gone', async () => {
    const measurements = begin();
    await measurements.take();
    await rm(`${root}/${DISK}`, { recursive: true });
    await measurements.take();
    expect(measurements.of()).toEqual(NOT_MEASURED);
  });
});
