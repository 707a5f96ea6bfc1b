import { readdir, readFile, realpath } from 'node:fs/promises';
import { errorCodeOf } from '../base/errors.js';

/** What is gone when it is read, or not there on this kernel, reads as undefined. */
const ABSENT: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ENODEV',
  'ENXIO',
  'EINVAL',
  'EIO',
]);

async function unlessAbsent<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (ABSENT.has(errorCodeOf(error))) return undefined;
    throw error;
  }
}

export async function readText(path: string): Promise<string | undefined> {
  return (await unlessAbsent(readFile(path, 'utf8')))?.trim();
}

export async function readBytes(path: string): Promise<Buffer | undefined> {
  return unlessAbsent(readFile(path));
}

export async function readNumber(path: string): Promise<number | undefined> {
  const text = await readText(path);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** Names in a directory, in a stable order; none when it is not there. */
export async function listNames(path: string): Promise<string[]> {
  return ((await unlessAbsent(readdir(path))) ?? []).sort();
}

export async function resolveLink(path: string): Promise<string | undefined> {
  return unlessAbsent(realpath(path));
}
