import { diskGraph, diskFiles } from './block-graph.js';
import { repositoryRoot } from './paths.js';
import { type Controller, controllersOf } from './pci-layout.js';
import type { DiskSpec, HostSpec } from './topology.js';

export interface Machine {
  readonly host: HostSpec;
  readonly directory: string;
  readonly kernelImage: string;
  readonly initrd: string;
  readonly useKvm: boolean;
  readonly paths: { readonly qmp: string; readonly pid: string; readonly serial: string };
}

export const execPortInGuest = 1024;

const commandLine = [
  'console=ttyS0',
  'quiet',
  'panic=-1',
  'mitigations=off',
  'random.trust_cpu=on',
  'net.ifnames=0',
  'apparmor=0',
].join(' ');

const reportErrors = 'rerror=report,werror=report';

function deviceArguments(disk: DiskSpec, controller: Controller | undefined): string[] {
  const blockSize = disk.logicalBlockBytes ?? 512;
  const blocks = `logical_block_size=${blockSize},physical_block_size=4096`;
  switch (disk.kind) {
    case 'virtio':
      return [
        '-device',
        `virtio-blk-pci,drive=${disk.name},serial=${disk.serial},${blocks},${reportErrors}`,
      ];
    case 'nvme': {
      const bus = controller?.id ?? '';
      const eui = disk.wwn ? `,eui64=0x${disk.wwn}` : '';
      return [
        '-device',
        `nvme-ns,drive=${disk.name},bus=${bus},nsid=1${eui},logical_block_size=${blockSize},write-cache=off`,
      ];
    }
    case 'scsi': {
      const id = `scsi-id=${disk.slot ?? 0},lun=0,bus=${controller?.id ?? ''}.0`;
      const wwn = disk.wwn ? `,wwn=0x${disk.wwn}` : '';
      const product = disk.model ?? `DMR${disk.sizeMiB}M`;
      const make = `vendor=SEAGATE,product=${product},ver=${disk.firmware ?? '1'},rotation_rate=7200`;
      const identity = `serial=${disk.serial},device_id=${disk.serial}${wwn}`;
      return [
        '-device',
        `scsi-hd,drive=${disk.name},${id},${identity},${make},${blocks},dpofua=on,${reportErrors}`,
      ];
    }
  }
}

function controllerArguments(host: HostSpec): string[] {
  const controllers = controllersOf(host);
  const seen = new Set<Controller>();
  const argv: string[] = [];
  for (const [disk, controller] of controllers) {
    if (seen.has(controller)) continue;
    seen.add(controller);
    const place = `id=${controller.id},addr=0x${controller.slot.toString(16)}`;
    const device =
      controller.kind === 'nvme'
        ? `nvme,${place},serial=${disk.serial}`
        : `virtio-scsi-pci,${place}`;
    argv.push('-device', device);
  }
  return argv;
}

function diskArguments(machine: Machine): string[] {
  const controllers = controllersOf(machine.host);
  return machine.host.disks.flatMap((disk) => [
    ...diskGraph(disk, diskFiles(machine.directory, disk)).flatMap((node) => [
      '-blockdev',
      JSON.stringify(node),
    ]),
    ...deviceArguments(disk, controllers.get(disk)),
  ]);
}

function processorArguments({ host, useKvm }: Machine): string[] {
  if (host.clock === 'instructions') {
    // A string instruction counts once for each of its steps: the kernel must not take it for the fastest
    // way to clear or copy a page byte by byte.
    const cpu = 'max,erms=off,fsrm=off';
    return ['-accel', 'tcg', '-icount', 'shift=0,sleep=off', '-cpu', cpu, '-smp', '1'];
  }
  return ['-accel', useKvm ? 'kvm' : 'tcg,thread=multi', '-cpu', 'max', '-smp', '2'];
}

/**
 * The argument vector of `qemu-system-x86_64` for one host. It starts paused, with disks that are whole:
 * what is broken may be too long for an argument and follows over QMP.
 */
export function qemuArguments(machine: Machine): string[] {
  const { host, paths } = machine;
  return [
    ['-name', `dm-remap-lab-${host.name}`],
    ['-machine', 'pc,usb=off,vmport=off'],
    processorArguments(machine),
    ['-m', `${host.memoryMiB}`],
    ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ['-kernel', machine.kernelImage, '-initrd', machine.initrd, '-append', commandLine],
    ['-chardev', `file,id=console,path=${paths.serial},append=on`, '-serial', 'chardev:console'],
    ['-qmp', `unix:${paths.qmp},server=on,wait=off`],
    ['-fsdev', 'local,id=machine-root,path=/,security_model=none,readonly=on,multidevs=remap'],
    ['-device', 'virtio-9p-pci,fsdev=machine-root,mount_tag=machine-root'],
    ['-fsdev', `local,id=checkout,path=${repositoryRoot()},security_model=none,readonly=on`],
    ['-device', 'virtio-9p-pci,fsdev=checkout,mount_tag=checkout'],
    ['-device', 'virtio-rng-pci'],
    ['-netdev', `user,id=net0,hostfwd=tcp:127.0.0.1:0-:${execPortInGuest}`],
    ['-device', 'virtio-net-pci,netdev=net0,romfile='],
    controllerArguments(host),
    diskArguments(machine),
    ['-S', '-daemonize', '-pidfile', paths.pid],
  ].flat();
}
