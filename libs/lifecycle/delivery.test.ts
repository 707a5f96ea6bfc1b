import { describe, expect, it } from '@jest/globals';
import { deliveryLifeCycle, MAX_TRIES, mayStep, pauseSecondsAfter } from './index.js';

describe('a delivery', () => {
  it('is given up after about an hour, with pauses that grow to ten minutes', () => {
    const pauses = Array.from({ length: MAX_TRIES - 1 }, (_, n) => pauseSecondsAfter(n + 1));
    expect(pauses.slice(0, 8)).toEqual([5, 10, 20, 40, 80, 160, 320, 600]);
    const total = pauses.reduce((sum, pause) => sum + pause, 0);
    expect(total / 60).toBeGreaterThan(45);
    expect(total / 60).toBeLessThan(75);
  });

  it('dies only of a try, and comes alive only by somebody who wants it to', () => {
    expect(mayStep(deliveryLifeCycle, 'waiting', 'dead')).toBe(false);
    expect(mayStep(deliveryLifeCycle, 'dead', 'trying')).toBe(false);
    expect(mayStep(deliveryLifeCycle, 'dead', 'waiting')).toBe(true);
  });
});
