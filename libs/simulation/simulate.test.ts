import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PolicyName, PoolPolicy } from '../contract/index.js';
import { anyFleet, anyPolicy } from './arbitraries.js';
import { DEFAULT_FLEET } from './options.js';
import { simulate } from './simulate.js';

const named = PolicyName.options.map((name) => ({
  label: name,
  policy: PoolPolicy.parse({ name }),
}));
const fleet = { ...DEFAULT_FLEET, hosts: 60 };

describe('a simulation', () => {
  it('gives the same result for the same seed, to the byte', () => {
    fc.assert(
      fc.property(anyFleet, anyPolicy, (some, policy) => {
        const once = JSON.stringify(simulate(some, [{ label: 'any', policy }]));
        expect(JSON.stringify(simulate(some, [{ label: 'any', policy }]))).toBe(once);
      }),
      { numRuns: 20 },
    );
  });

  it('gives a policy the same figures, whichever it is compared with', () => {
    const together = simulate({ ...fleet, hosts: 10 }, named);
    const alone = named.map((one) => simulate({ ...fleet, hosts: 10 }, [one]));
    expect(together.outcomes).toEqual(alone.flatMap(({ outcomes }) => outcomes));
    for (const { happened } of alone) expect(happened).toEqual(together.happened);
  });

  it('lets drives die at the published rates, and never joins two members on one disk', () => {
    const { happened, outcomes } = simulate(fleet, named);
    const { mainDevices, mainDevicesDied, mainDevicesCopied } = happened;
    expect(mainDevices).toBe(720);
    const deathsAYear = (mainDevicesDied + mainDevicesCopied) / mainDevices / fleet.years;
    expect(deathsAYear).toBeGreaterThan(0.008);
    expect(deathsAYear).toBeLessThan(0.03);
    for (const { figures } of outcomes) expect(figures.sharedDisks).toBe(0);
  });

  it('tells the policies apart', () => {
    const { outcomes } = simulate(fleet, named);
    const of = (label: string) => outcomes.find((outcome) => outcome.label === label)?.figures;
    expect(of('least-utilised')?.spreadPercent).toBeLessThan(of('balanced')?.spreadPercent ?? 0);
    expect(of('spread')?.arraysPerSpare).toBeLessThan(of('least-utilised')?.arraysPerSpare ?? 0);
  });

  it('says of which host and policy it failed', () => {
    const broken = { ...PoolPolicy.parse({}), leaseSectors: 12 } as PoolPolicy;
    expect(() => simulate(fleet, [{ label: 'odd', policy: broken }])).toThrow(
      'host h0 under policy odd',
    );
  });
});
