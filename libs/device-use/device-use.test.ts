import { describe, expect, it } from '@jest/globals';
import type { DeviceId, HostId } from '../contract/index.js';
import { holderOf, type DeviceClaim } from './index.js';

const [a, b] = ['host-a', 'host-b'] as HostId[] as [HostId, HostId];
const device = (id: string, diskId = id) => ({ id: id as DeviceId, diskId: diskId as DeviceId });
const claim = (hostId: HostId, id: string, diskId = id): DeviceClaim => ({
  hostId,
  ...device(id, diskId),
});

describe('a device', () => {
  it.each([
    ['is free when nothing holds it or its disk', [claim(a, 'other')], device('disk'), false],
    ['is held when it is in use already', [claim(a, 'disk')], device('disk'), true],
    ['is held when its disk is in use as a whole', [claim(a, 'disk')], device('p1', 'disk'), true],
    ['is held when a partition of it is in use', [claim(a, 'p1', 'disk')], device('disk'), true],
    [
      'is free when another partition of its disk is in use on its host',
      [claim(a, 'p1', 'disk')],
      device('p2', 'disk'),
      false,
    ],
    [
      'is held when another partition of its disk is in use on another host',
      [claim(b, 'p1', 'disk')],
      device('p2', 'disk'),
      true,
    ],
    [
      'is held when another host knows it by the same partition GUID on a disk of another name',
      [claim(b, 'p1', 'eui:disk')],
      device('p1', 'wwn:disk'),
      true,
    ],
  ])('%s', (_, claims, wanted, held) => {
    expect(holderOf(claims, a, wanted) !== undefined).toBe(held);
  });

  it('names the other host first when several hold it', () => {
    const claims = [claim(a, 'p1', 'disk'), claim(b, 'p2', 'disk')];
    expect(holderOf(claims, a, device('p1', 'disk'))?.hostId).toBe(b);
  });
});
