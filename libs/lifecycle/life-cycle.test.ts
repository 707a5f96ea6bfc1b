import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  changeService,
  IllegalStep,
  leaseLifeCycle,
  mayStep,
  needLifeCycle,
  poolLifeCycle,
  serviceState,
  spareLifeCycle,
  step,
  targetLifeCycle,
} from './index.js';

describe('a life cycle', () => {
  it('walks a lease from planned to released', () => {
    const states = ['planned', 'granted', 'active', 'draining', 'released'] as const;
    states.slice(1).forEach((to, i) => {
      expect(step(leaseLifeCycle, states[i] ?? 'planned', to)).toBe(to);
    });
  });

  it('never releases a lease whose wipe nobody confirmed, and names both states', () => {
    expect(() => step(leaseLifeCycle, 'active', 'released')).toThrow(IllegalStep);
    expect(() => step(leaseLifeCycle, 'active', 'released')).toThrow('from active to released');
  });

  it('lets an unmet need be tried again and a fulfilled one never', () => {
    expect(step(needLifeCycle, 'unmet', 'unmet')).toBe('unmet');
    expect(() => step(needLifeCycle, 'fulfilled', 'placed')).toThrow(IllegalStep);
  });
});

describe('a target', () => {
  it('is deleted only by way of deleting', () => {
    expect(mayStep(targetLifeCycle, 'active', 'deleted')).toBe(false);
    expect(() => step(targetLifeCycle, 'deleting', 'active')).toThrow('from deleting to active');
  });
});

describe('a pool', () => {
  it('that was used stays', () => {
    expect(() => step(poolLifeCycle, 'used', 'deleted')).toThrow('from used to deleted');
  });
});

describe('a spare', () => {
  const flags = fc.constantFrom(
    { cordoned: false, draining: false },
    { cordoned: true, draining: false },
    { cordoned: true, draining: true },
  );
  const wish = fc.record({ cordoned: fc.boolean(), draining: fc.boolean() }, { requiredKeys: [] });

  it('lends while it is neither cordoned nor drained, and stays cordoned after draining', () => {
    const draining = changeService(
      spareLifeCycle,
      { cordoned: false, draining: false },
      { draining: true },
    );
    expect(draining).toEqual({ cordoned: true, draining: true });
    const undrained = changeService(spareLifeCycle, draining, { draining: false });
    expect(serviceState(undrained)).toBe('cordoned');
    expect(serviceState(changeService(spareLifeCycle, undrained, { cordoned: false }))).toBe(
      'lending',
    );
  });

  it('does not lend again while it is drained, and says so with both states', () => {
    const draining = { cordoned: true, draining: true };
    expect(() => changeService(spareLifeCycle, draining, { cordoned: false })).toThrow(
      'a spare cannot go from draining to lending',
    );
  });

  it('is as the change says or the change is refused; asking twice changes nothing more', () => {
    fc.assert(
      fc.property(flags, wish, (now, change) => {
        let after;
        try {
          after = changeService(spareLifeCycle, now, change);
        } catch (error) {
          expect(error).toBeInstanceOf(IllegalStep);
          return;
        }
        expect(after).toMatchObject(change.draining === true ? { draining: true } : change);
        expect(after.draining && !after.cordoned).toBe(false);
        expect(changeService(spareLifeCycle, after, change)).toEqual(after);
      }),
    );
  });
});
