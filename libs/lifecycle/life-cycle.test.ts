import { describe, expect, it } from '@jest/globals';
import { IllegalStep, leaseLifeCycle, needLifeCycle, step } from './index.js';

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
