import type { DeviceId } from '../../../libs/contract/index.js';
import type { RunProgram } from '../base/run-program.js';
import { readDisks } from './block-devices.js';
import { runLsblk } from './lsblk.js';

/** Where a disk or partition is to be reached right now. */
export interface Location {
  readonly devno: string;
  readonly node: string;
}

export type Locate = (id: DeviceId) => Promise<Location | undefined>;

interface Named {
  readonly kernelName: string;
  readonly devno: string;
}

const at = ({ kernelName, devno }: Named): Location => ({ devno, node: `/dev/${kernelName}` });

/** Looks a device up by what it says of itself now; names may have moved since the last inventory. */
export async function locateDevice(
  sources: { readonly sys: string; readonly run: RunProgram },
  id: DeviceId,
): Promise<Location | undefined> {
  const disks = await readDisks(sources.sys);
  if (!id.startsWith('part:')) {
    const disk = disks.find((candidate) => candidate.id === id);
    return disk && at(disk);
  }
  const partitions = disks.flatMap((disk) => disk.partitions);
  const names = partitions.map(({ kernelName }) => kernelName);
  const lsblk = await runLsblk(sources.run, names);
  const partition = partitions.find(
    ({ kernelName }) => `part:${lsblk.get(kernelName)?.partuuid?.toLowerCase() ?? ''}` === id,
  );
  return partition && at(partition);
}
