import { join } from 'node:path';
import type { LabHost } from '../../../src/lab/lab-host.js';
import { repositoryRoot } from '../../../src/lab/paths.js';

const program = join(repositoryRoot(), 'test/lab/workload/stamps.mjs');

/** A load on a device in a guest that tells, from outside, what it has flushed. */
export class StampLoad {
  private flushed = 0;
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly host: LabHost,
    private readonly device: string,
    private readonly seed: number,
    private readonly firstBlock: number,
    private readonly blocks: number,
  ) {}

  get flushedRound(): number {
    return this.flushed;
  }

  private command(action: string, ...rest: number[]): string {
    return [
      'node',
      program,
      action,
      this.device,
      this.seed,
      this.firstBlock,
      this.blocks,
      ...rest,
    ].join(' ');
  }

  /** Runs until the host loses power; what the guest printed until then has been flushed. */
  start(): void {
    let rest = '';
    this.running = this.host
      .exec(this.command('write'), {
        timeoutMs: 0,
        onStdout: (data) => {
          const lines = (rest + data.toString()).split('\n');
          rest = lines.pop() ?? '';
          const last = lines.at(-1);
          if (last?.startsWith('flushed ')) this.flushed = Number(last.slice(8));
        },
      })
      .catch(() => undefined);
  }

  async ended(): Promise<void> {
    await this.running;
  }

  /** What is wrong on the device, or nothing. */
  async wrong(): Promise<string | undefined> {
    const { code, stdout, stderr } = await this.host.exec(this.command('verify', this.flushed), {
      timeoutMs: 300_000,
    });
    return code === 0 ? undefined : `${stdout}${stderr}`;
  }
}
