import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';

/** Makes a file under another name and then renames it, so that nobody sees a part of it. */
export async function replaceFile(
  path: string,
  make: (unfinished: string) => Promise<unknown>,
): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`;
  await make(unfinished);
  await rename(unfinished, path);
}

export async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  await replaceFile(path, (unfinished) => writeFile(unfinished, content, { mode: 0o600 }));
}
