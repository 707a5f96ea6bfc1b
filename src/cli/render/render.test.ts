import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { renderFields, renderTable } from './table.js';
import { age, parseSize, percent, size } from './units.js';

describe('a size', () => {
  it('is shown in the largest unit that leaves a whole part', () => {
    expect([0, 1, 8, 16_384, 131_072, 3_000_000, 2 ** 32].map(size)).toEqual([
      '0 B',
      '512 B',
      '4 KiB',
      '8 MiB',
      '64 MiB',
      '1.4 GiB',
      '2 TiB',
    ]);
  });

  it('is read with or without unit letters', () => {
    expect(['8MiB', '8M', '8 mib', '4096', '1.5G'].map(parseSize)).toEqual([
      16_384, 16_384, 16_384, 8, 3_145_728,
    ]);
  });

  it('is refused when it is not a whole number of 4 KiB, or none at all', () => {
    expect(['1K', 'much', '-8M', '0', '8X', ''].map(parseSize)).toEqual(Array(6).fill(undefined));
  });

  it('reads back what was shown, when that was exact', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1023 }),
        fc.constantFrom(11, 21, 31),
        (count, shift) => {
          const sectors = count * 2 ** shift;
          expect(parseSize(size(sectors))).toBe(sectors);
        },
      ),
    );
  });
});

describe('an age', () => {
  const now = Date.parse('2026-01-02T00:00:00Z');

  it('is shown in its largest unit', () => {
    expect(age('2026-01-01T23:59:18Z', now)).toBe('42 s');
    expect(age('2026-01-01T23:30:00Z', now)).toBe('30 min');
    expect(age('2025-12-30T00:00:00Z', now)).toBe('3 d');
  });

  it('of what never was is "never", and never is negative', () => {
    expect(age(null, now)).toBe('never');
    expect(age('2026-01-02T00:00:09Z', now)).toBe('0 s');
  });
});

describe('a table', () => {
  const columns = [
    { head: 'NAME', text: ({ name }: { name: string }) => name },
    { head: 'N', text: ({ name }: { name: string }) => name.length, right: true },
    { head: 'ID', text: () => 'id', wide: true },
  ];

  it('lines its columns up and keeps wide ones back', () => {
    expect(renderTable(columns, [{ name: 'a' }, { name: 'longer' }])).toBe(
      ['NAME    N', 'a       1', 'longer  6'].join('\n'),
    );
  });

  it('shows wide columns when asked to', () => {
    expect(renderTable(columns, [{ name: 'a' }], true)).toBe(
      ['NAME  N  ID', 'a     1  id'].join('\n'),
    );
  });

  it('of fields lines its values up', () => {
    expect(
      renderFields([
        ['A', 1],
        ['Longer', 'x'],
      ]),
    ).toBe('A       1\nLonger  x');
  });
});

it('a share of nothing is no number', () => {
  expect(percent(1, 0)).toBe('-');
  expect(percent(1, 3)).toBe('33%');
});
