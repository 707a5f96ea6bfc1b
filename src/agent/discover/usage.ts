import type { LsblkDevice } from './lsblk.js';
import { listNames, readText } from './sysfs.js';
import { isOwnDmUuid } from '../dm/targets.js';

/** What holds a block device, by the holders that sysfs lists for it. */
async function holdersOf(sys: string, directory: string): Promise<string[]> {
  const holders = await listNames(`${directory}/holders`);
  return Promise.all(
    holders.map(async (holder) => {
      if (holder.startsWith('md')) return 'md';
      const uuid = await readText(`${sys}/block/${holder}/dm/uuid`);
      return uuid !== undefined && isOwnDmUuid(uuid) ? 'dm-remap' : 'dm';
    }),
  );
}

/**
 * What uses a disk or partition; empty when it is free. The content of a device under a remap target
 * belongs to whoever uses the target, so a signature seen on it says nothing.
 */
export async function usageOf(
  sys: string,
  directory: string,
  facts: { readonly lsblk: LsblkDevice | undefined; readonly hasPartitions: boolean },
): Promise<string[]> {
  const usage = new Set(await holdersOf(sys, directory));
  const mounts = facts.lsblk?.mountpoints?.filter((mount) => mount !== null) ?? [];
  if (mounts.length > 0) usage.add('mounted');
  if (facts.hasPartitions) usage.add('partitions');
  const fstype = facts.lsblk?.fstype ?? '';
  if (fstype !== '' && usage.size === 0) usage.add('filesystem');
  return [...usage].sort();
}
