const SECTOR_BYTES = 512;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** 131072 sectors as "64 MiB". */
export function size(sectors: number): string {
  let value = sectors * SECTOR_BYTES;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ''}`;
}

/** "64MiB", "8M" or "2 GiB" as sectors; undefined when it is none, or no whole number of 4 KiB. */
export function parseSize(text: string): number | undefined {
  const [, number, prefix = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim()) ?? [];
  if (number === undefined) return undefined;
  const bytes = Number(number) * 1024 ** ' KMGT'.indexOf(prefix.toUpperCase() || ' ');
  return bytes > 0 && bytes % 4096 === 0 ? bytes / SECTOR_BYTES : undefined;
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${Math.round((100 * part) / whole)}%`;
}

const STEPS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
] as const;

/** In the largest unit that is not zero. */
export function duration(seconds: number): string {
  const [length, unit] = STEPS.find(([step]) => seconds >= step) ?? [1, 's'];
  return `${Math.floor(seconds / length)} ${unit}`;
}

/** How long ago. */
export function age(timestamp: string | null, now = Date.now()): string {
  if (timestamp === null) return 'never';
  return duration(Math.max(0, Math.round((now - Date.parse(timestamp)) / 1000)));
}

export const yesNo = (value: boolean): string => (value ? 'yes' : 'no');
