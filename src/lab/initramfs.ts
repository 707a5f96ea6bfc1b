import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { cpioArchive, type CpioEntry } from './cpio.js';
import { replaceFile } from './files.js';
import { type GuestKernel, modulesInLoadOrder } from './kernel.js';
import { buildCacheDirectory, guestSources } from './paths.js';
import { runProgram } from './programs.js';
import { LabError } from './errors.js';

/**
 * crc32c_intel comes before what asks for a CRC32C at its start and then stays with what it got.
 * raid456 is not here: it measures checksum routines as it loads, so the guest loads it once it is up.
 */
const drivers = [
  'crc32c_intel',
  'virtio_pci',
  'virtio_blk',
  'virtio_scsi',
  'sd_mod',
  'nvme',
  'virtio_net',
  'virtio_rng',
  '9p',
  '9pnet_virtio',
  'overlay',
  'ext4',
  'crc32c_generic',
  'configfs',
  'dm_mod',
  'raid1',
];

const largestModuleBytes = 64 << 20;
const busyboxPath = '/bin/busybox';
const directories = ['bin', 'proc', 'sys', 'dev', 'machine', 'changes', 'root', 'modules', 'lab'];

async function builtOnce(name: string, build: (path: string) => Promise<void>): Promise<string> {
  const directory = buildCacheDirectory();
  const path = join(directory, name);
  if (existsSync(path)) return path;
  await mkdir(directory, { recursive: true });
  await replaceFile(path, build);
  return path;
}

function digest(...parts: (Buffer | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}

async function execService(): Promise<string> {
  const source = join(guestSources(), 'exec-service.c');
  return builtOnce(`exec-service-${digest(await readFile(source))}`, async (path) => {
    await runProgram('cc', ['-O2', '-Wall', '-static', '-o', path, source]);
  });
}

async function busybox(): Promise<Buffer> {
  if (!existsSync(busyboxPath)) {
    throw new LabError(
      `${busyboxPath} is missing. Install it with: apt-get install busybox-static`,
    );
  }
  return readFile(busyboxPath);
}

/** Kernels from 6.6 on come with compressed modules, which busybox does not load. */
async function moduleContent(path: string): Promise<Buffer> {
  if (!path.endsWith('.xz')) return readFile(path);
  const unpacked = await promisify(execFile)('xz', ['-dc', path], {
    encoding: 'buffer',
    maxBuffer: largestModuleBytes,
  });
  return unpacked.stdout;
}

const moduleFile = (path: string) => basename(path, '.xz');

/** The initramfs that all guests of one kernel share. */
export async function sharedInitramfs(kernel: GuestKernel): Promise<string> {
  const sources = guestSources();
  const program = async (path: string, from: string): Promise<CpioEntry> => ({
    path,
    mode: 0o755,
    content: await readFile(from),
  });
  const modules = await modulesInLoadOrder(kernel, drivers);
  const entries: CpioEntry[] = [
    ...directories.map((path) => ({ path, mode: 0o755 })),
    await program('init', join(sources, 'initramfs-init.sh')),
    { path: 'bin/busybox', mode: 0o755, content: await busybox() },
    await program('lab/exec-service', await execService()),
    await program('lab/guest-init', join(sources, 'guest-init.sh')),
    await program('lab/stop', join(sources, 'stop.sh')),
    {
      path: 'modules/order',
      mode: 0o644,
      content: Buffer.from(modules.map((path) => `${moduleFile(path)}\n`).join('')),
    },
  ];
  for (const path of modules) {
    const content = await moduleContent(join(kernel.modulesDirectory, path));
    entries.push({ path: `modules/${moduleFile(path)}`, mode: 0o644, content });
  }
  const archive = cpioArchive(entries);
  return builtOnce(`initramfs-${kernel.version}-${digest(archive)}`, (path) =>
    writeFile(path, archive),
  );
}

/** Files that make a guest this host; they appear in the guest under /run/lab/host. */
export function hostArchive(files: Readonly<Record<string, string>>): Buffer {
  return cpioArchive([
    { path: 'lab', mode: 0o755 },
    { path: 'lab/host', mode: 0o700 },
    ...Object.entries(files).map(([name, text]) => ({
      path: `lab/host/${name}`,
      mode: 0o600,
      content: Buffer.from(text),
    })),
  ]);
}
