import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isoTime } from './timestamps.js';

describe('a time of PostgreSQL', () => {
  it.each([
    ['2026-11-30 20:41:07+00', '2026-11-30T20:41:07.000Z'],
    ['2026-11-30 20:41:07.5+00', '2026-11-30T20:41:07.500Z'],
    ['2026-11-30 20:41:07.123999+00', '2026-11-30T20:41:07.123Z'],
    ['2026-11-30 20:41:07.12+01', '2026-11-30T19:41:07.120Z'],
    ['2026-11-30 20:41:07-03:30', '2026-12-01T00:11:07.000Z'],
  ])('%s is %s', (text, iso) => {
    expect(isoTime(text)).toBe(iso);
  });

  it('is what Date makes of it', () => {
    const times = fc.date({
      min: new Date('0100-01-01'),
      max: new Date('9999-12-31'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 999 }), (time, micros) => {
        const [day, rest] = time.toISOString().split(/[TZ]/);
        const exact = `${rest}${micros.toString().padStart(3, '0')}`;
        const text = `${day} ${exact.replace(/\.?0+$/, '')}+00`;
        expect(isoTime(text)).toBe(time.toISOString());
        expect(isoTime(text)).toBe(new Date(text).toISOString());
      }),
    );
  });

  it.each(['infinity', '', 'yesterday'])('is refused when it is none: %j', (text) => {
    expect(() => isoTime(text)).toThrow('Invalid time value');
  });
});
