import Table from 'cli-table3';
import { paint } from './paint.js';

/** One column: its heading, and the text of a row. `wide` ones are left out unless asked for. */
export interface Column<T> {
  readonly head: string;
  readonly text: (row: T) => string | number;
  readonly right?: boolean;
  readonly wide?: boolean;
}

const NO_LINES = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'],
    ...['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((name) => [name, '']),
);

export function renderTable<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  wide = false,
): string {
  const shown = columns.filter((column) => wide || column.wide !== true);
  const table = new Table({
    head: shown.map(({ head }) => paint('bold', head)),
    colAligns: shown.map(({ right }) => (right === true ? 'right' : 'left')),
    chars: { ...NO_LINES, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  for (const row of rows) table.push(shown.map(({ text }) => String(text(row))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** One object: a line for each field. */
export function renderFields(fields: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${paint('dim', name.padEnd(width))}  ${value}`).join('\n');
}
