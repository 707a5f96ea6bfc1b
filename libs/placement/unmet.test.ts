import { describe, expect, it } from '@jest/globals';
import { NOW, planOn, pool, spare } from './fixtures.js';
import { unmetReason } from './unmet.js';

describe('why a need is unmet', () => {
  it('is an empty pool, with what to do', () => {
    const why = unmetReason(pool(), 8192, planOn({}));
    expect(why.reason).toBe('PoolEmpty');
    expect(why.message).toContain('dmremap spare add');
  });

  it('counts the reasons, those of spares elsewhere included', () => {
    const spares = [spare(1, { cordoned: true }), spare(2, { cordoned: true }), spare(1000)];
    const made = planOn({ spares }, { ofPool: { spareCount: 7 } });
    expect(unmetReason(pool(), 8192, made)).toEqual({
      reason: 'NoEligibleSpare',
      message:
        'no spare of pool general can lend 8192 sectors: 2 cordoned, 1 is-main-device, 4 other-host',
    });
    const wide = pool({ locality: 'remote-allowed' });
    expect(unmetReason(wide, 8192, made).message).toContain('4 not-reachable');
  });

  it.each([
    ['GrantLimitReached', { maxGrantsPerHostPerHour: 1 }],
    ['ReserveKept', { reservePercent: 90, leaseSectors: 8192 as never }],
  ])('is %s when a spare would do but must wait', (reason, rules) => {
    const how = { rules, asked: { lengthSectors: 262_144 as never } };
    const made = planOn({ spares: [spare(1), spare(2, { cordoned: true })], grants: [NOW] }, how);
    expect(unmetReason(pool(rules), 262_144, made).reason).toBe(reason);
  });
});
