import { describe, expect, test } from '@jest/globals';
import { jsonFigures, type Outcomes, renderTable } from './figures.js';

const outcomes: Outcomes = {
  'memory.bytes_per_remap': 73.52,
  'randread.remaps_0.over_linear': 1.01321,
  'reload.stall_ms_1m': { missing: 'h1 did not boot' },
  'randread.linear': 4849.61,
};

describe('the table of figures', () => {
  test('shows each beside its bar, says which are missed, and why one is missing', () => {
    expect(renderTable(outcomes).split('\n')).toEqual([
      'name                            value    bar  unit',
      'randread.remaps_0.over_linear  1.0132  1.015  ratio         met',
      'memory.bytes_per_remap           73.5     48  bytes         MISSED',
      'reload.stall_ms_1m                  -     10  ms            h1 did not boot',
      'randread.linear                4849.6         instructions',
    ]);
  });

  test('meets a bar that it lies on', () => {
    expect(renderTable({ 'remap.writes_per_commit': 2 })).toContain('met');
  });
});

describe('the figures for programs', () => {
  test('are those that were measured, unrounded', () => {
    expect(jsonFigures(outcomes)).toEqual([
      { name: 'randread.remaps_0.over_linear', unit: 'ratio', value: 1.01321 },
      { name: 'memory.bytes_per_remap', unit: 'bytes', value: 73.52 },
      { name: 'randread.linear', unit: 'instructions', value: 4849.61 },
    ]);
  });
});
