import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { host, NOW, planOn, pool, spare } from './fixtures.js';
import { HOUR_MS } from './grants.js';
import { retryAfterMs } from './retry.js';

describe('a need that was planned in vain', () => {
  it('is worth another look as soon as the host may be granted something again, not before', () => {
    const times = fc.array(fc.integer({ min: 1, max: HOUR_MS - 1 }), {
      minLength: 3,
      maxLength: 9,
    });
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 3 }), (ages, most) => {
        const grants = ages.sort((a, b) => b - a).map((age) => NOW - age);
        const how = { rules: { maxGrantsPerHostPerHour: most } };
        const facts = { spares: [spare(1)], grants };
        const made = planOn(facts, how);
        const after = retryAfterMs(made, host(facts), pool(how.rules), NOW);
        const outcomeAt = (nowMs: number) => planOn(facts, { ...how, nowMs }).outcome;
        expect(made.outcome).toBe('unmet');
        expect(outcomeAt(NOW + after - 1)).toBe('unmet');
        expect(outcomeAt(NOW + after)).toBe('placed');
      }),
    );
  });

  it('is looked at after some minutes when it is its pool that gives no more, else after an hour', () => {
    const rules = { maxGrantsPerHour: 1 };
    const bounded = planOn({ spares: [spare(1)] }, { rules, ofPool: { grants: 1 } });
    expect(retryAfterMs(bounded, host({}), pool(rules), NOW)).toBe(300_000);
    const cordoned = planOn({ spares: [spare(1, { cordoned: true })] });
    expect(retryAfterMs(cordoned, host({}), pool(), NOW)).toBe(HOUR_MS);
  });
});
