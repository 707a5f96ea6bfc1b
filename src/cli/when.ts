import { usageError } from './errors.js';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** 15m ago, or a time such as 2026-01-31T12:00:00Z, in milliseconds. */
export function momentOf(text: string, now = Date.now()): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const from =
    count === undefined ? Date.parse(text) : now - Number(count) * (SECONDS[unit] ?? 0) * 1000;
  if (Number.isNaN(from)) throw usageError(`--since cannot be "${text}"; say 15m, or a time`);
  return from;
}

export const timeOf = (text: string): string => new Date(momentOf(text)).toISOString();
