import { describe, expect, it } from '@jest/globals';
import { parseSince } from './events.js';

describe('--since', () => {
  const now = Date.parse('2026-01-02T00:00:00Z');

  it('takes an event id, a time, or how long ago', () => {
    expect(parseSince('4711', now)).toEqual({ id: 4711 });
    expect(parseSince('15m', now)).toEqual({ from: now - 900_000 });
    expect(parseSince('2026-01-01T00:00:00Z', now)).toEqual({ from: now - 86_400_000 });
  });

  it('refuses anything else', () => {
    expect(() => parseSince('lately', now)).toThrow('--since cannot be "lately"');
  });
});
