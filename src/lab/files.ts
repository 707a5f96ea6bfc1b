import { rename, writeFile } from 'node:fs/promises';

/** Replaces a file in one step, so that a reader sees the old content or the new, never a part. */
export async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  const unfinished = `${path}.${process.pid}.new`;
  await writeFile(unfinished, content, { mode: 0o600 });
  await rename(unfinished, path);
}
