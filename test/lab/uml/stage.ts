import { type MemoryDisk, makeDisk } from '../../../src/lab/uml/disks.js';
import { UmlGuest } from '../../../src/lab/uml/guest.js';
import { type UmlKernel, umlKernel } from '../../../src/lab/uml/kernel.js';
import { umlModule } from '../../../src/lab/uml/module.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import type { TargetHost } from '../support/remap-target.js';

/** What every part runs on, built before the first. */
export interface UmlBuild {
  readonly kernel: UmlKernel;
  readonly module: string;
}

export async function buildForUml(s: Scenario): Promise<UmlBuild> {
  return s.step('the UML kernel and the module are built', async () => {
    const say = (line: string) => {
      s.note(line);
    };
    const kernel = await umlKernel(say);
    return { kernel, module: await umlModule(kernel, say) };
  });
}

/** A UML guest with the module loaded, and disks in its memory. */
export class UmlStage implements TargetHost {
  private readonly devices = new Map<string, string>();

  constructor(readonly guest: UmlGuest) {}

  async addDisk(disk: MemoryDisk): Promise<string> {
    const device = await makeDisk(this.guest, disk);
    this.devices.set(disk.name, device);
    return device;
  }

  /** A mapped device goes by the name of a disk from here on. */
  useMapped(name: string): void {
    this.devices.set(name, `/dev/mapper/${name}`);
  }

  device(disk: string): Promise<string> {
    const device = this.devices.get(disk);
    if (device === undefined) throw new Error(`There is no disk ${disk} in this part.`);
    return Promise.resolve(device);
  }

  run(command: string, options?: { input: Buffer }): Promise<string> {
    return this.guest.run(command, options);
  }

  exec(command: string) {
    return this.guest.exec(command);
  }
}

export interface StageOptions {
  readonly parameters?: readonly string[];
  readonly memoryMiB?: number;
}

/** kmemleak reports what is five seconds old and has not changed since the scan before. */
const leakScan = `cd /sys/kernel/debug; echo scan > kmemleak; sleep 6; echo scan > kmemleak && cat kmemleak`;

async function settle(s: Scenario, guest: UmlGuest, leaks: boolean): Promise<void> {
  await s.step('the module unloads', () => guest.run('rmmod dm_remap'));
  if (!leaks) return;
  const leaked = await guest.run(leakScan);
  s.check('nothing is leaked', leaked === '', leaked);
}

/** Plays a part in a guest of its own; ends with what the kernel had to say. */
export async function onStage(
  s: Scenario,
  build: UmlBuild,
  part: string,
  action: (stage: UmlStage) => Promise<unknown>,
  options: StageOptions = {},
): Promise<void> {
  await s.part(part, async () => {
    const guest = await s.step('a guest boots', () =>
      UmlGuest.boot(build.kernel, { name: part, directory: s.directory, ...options }),
    );
    try {
      await s.step('the module loads', () => guest.run(`insmod ${build.module}`));
      await action(new UmlStage(guest));
      await settle(s, guest, !options.parameters?.includes('kmemleak=off'));
    } finally {
      const complaints = guest.complaints;
      await guest.shutdown();
      const shown = `${complaints.slice(0, 3).join('\n...\n')}\nAll of its log: ${guest.logPath}`;
      s.check('the kernel had nothing to complain about', complaints.length === 0, shown);
    }
  });
}
