import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';

/** A directory that looks like /sys; values that start with `->` are links from its root. */
export async function fakeSysfs(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const root = await mkdtemp(`${tmpdir()}/sysfs-`);
  for (const [path, content] of Object.entries(files)) {
    const full = `${root}/${path}`;
    await mkdir(dirname(full), { recursive: true });
    if (typeof content === 'string' && content.startsWith('->')) {
      await symlink(`${root}/${content.slice(2)}`, full);
    } else {
      await writeFile(full, content);
    }
  }
  return root;
}
