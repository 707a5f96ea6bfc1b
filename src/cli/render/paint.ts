import { styleText } from 'node:util';

type Style = 'green' | 'yellow' | 'red' | 'dim' | 'bold';

const STYLES: Readonly<Record<string, Style>> = {
  ready: 'green',
  active: 'green',
  available: 'green',
  ok: 'green',
  rw: 'green',
  placed: 'green',
  fulfilled: 'green',
  chosen: 'green',
  clean: 'green',
  planned: 'yellow',
  open: 'yellow',
  full: 'yellow',
  warning: 'yellow',
  cordoned: 'yellow',
  deleting: 'yellow',
  draining: 'yellow',
  evacuating: 'yellow',
  leaving: 'yellow',
  unreachable: 'red',
  failing: 'red',
  failed: 'red',
  missing: 'red',
  unmet: 'red',
  nospace: 'red',
  readonly: 'red',
  error: 'red',
  rejected: 'dim',
  info: 'dim',
};

const coloured = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;

export const paint = (style: Style, text: string): string =>
  coloured ? styleText(style, text) : text;

/** A state in the colour that it deserves. */
export function state(text: string): string {
  const style = STYLES[text];
  return style === undefined ? text : paint(style, text);
}
