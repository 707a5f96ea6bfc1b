import { describe, expect, it } from '@jest/globals';
import type { DeviceId, HostId } from '../../../libs/contract/index.js';
import type { DeviceRow } from './facts.repository.js';
import { SeenDevices } from './seen-devices.js';

const HOST = 'host' as HostId;
const OTHER = 'other' as HostId;
const A = 'wwn:a' as DeviceId;
const B = 'wwn:b' as DeviceId;

function row(hostId: HostId, deviceId: DeviceId, over: Partial<DeviceRow> = {}): DeviceRow {
  return {
    ...{ deviceId, diskId: deviceId, hostId, domains: '{"rack": "r1", "slot": 1}', media: 'ssd' },
    ...{ logicalBlockBytes: 512, physicalBlockBytes: 4096, protectionType: 0, model: 'M' },
    ...{ firmware: '1', powerOnHours: 1, busyPercent: 2, percentageUsed: 3 },
    ...{ predictedFailing: false, ...over },
  };
}

describe('seen devices', () => {
  it('are what each host says of them', () => {
    const seen = new SeenDevices([row(HOST, A), row(HOST, B), row(OTHER, A, { model: 'N' })]);
    expect(seen.get(HOST, A)).toEqual({ ...row(HOST, A), domains: { rack: 'r1', slot: 1 } });
    expect(seen.get(OTHER, A)?.model).toBe('N');
    expect(seen.get(OTHER, B)).toBeUndefined();
    expect(seen.of(HOST).map(({ deviceId }) => deviceId)).toEqual([A, B]);
    expect(seen.of('none' as HostId)).toEqual([]);
  });

  it('have equal failure domains once, and others by themselves', () => {
    const seen = new SeenDevices([
      row(HOST, A),
      row(HOST, B, { domains: '{"rack": "r2"}' }),
      row(OTHER, A),
      row(OTHER, B, { domains: null }),
    ]);
    expect(seen.get(OTHER, A)?.domains).toBe(seen.get(HOST, A)?.domains);
    expect(seen.get(HOST, B)?.domains).toEqual({ rack: 'r2' });
    expect(seen.get(OTHER, B)?.domains).toEqual({});
  });
});
