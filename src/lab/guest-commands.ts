import { LabError } from './errors.js';
import type { DiskSpec } from './topology.js';

interface Runner {
  readonly name: string;
  run(command: string): Promise<string>;
}

export const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Finds a disk by what it says of itself, as a host would: sdX names change from boot to boot. */
export async function findDevice(host: Runner, disk: DiskSpec): Promise<string> {
  const identity =
    disk.kind === 'virtio'
      ? disk.serial
      : `${disk.kind === 'nvme' ? 'eui' : 'naa'}.${disk.wwn ?? ''}`;
  const script =
    'for disk in /sys/block/*; do ' +
    'for file in "$disk/device/wwid" "$disk/wwid" "$disk/serial"; do ' +
    `[ -e "$file" ] && [ "$(< "$file")" = ${quoted(identity)} ] && echo "/dev/\${disk##*/}"; ` +
    'done; done; true';
  const device = await host.run(script);
  if (device) return device;
  throw new LabError(`${host.name} does not show its disk ${disk.name} (${identity}).`);
}

export async function startInBackground(
  host: Runner,
  name: string,
  command: string,
): Promise<number> {
  const log = `/var/log/lab/${name}.log`;
  const pid = await host.run(
    `mkdir -p /var/log/lab; setsid bash -c ${quoted(command)} < /dev/null >> ${quoted(log)} 2>&1 & echo $!`,
  );
  return Number(pid);
}
