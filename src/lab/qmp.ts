import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { z } from 'zod';
import { LabError } from './errors.js';

const reply = z.object({
  return: z.unknown().optional(),
  error: z.object({ class: z.string(), desc: z.string() }).optional(),
  event: z.string().optional(),
  QMP: z.unknown().optional(),
});

/** A conversation with QEMU's monitor. QEMU serves one at a time, so keep it short. */
export class Qmp {
  private constructor(
    private readonly socket: Socket,
    private readonly lines: AsyncIterator<string>,
  ) {}

  static async connect(path: string): Promise<Qmp> {
    const socket = connect(path);
    await once(socket, 'connect');
    const reader: Interface = createInterface({ input: socket });
    const qmp = new Qmp(socket, reader[Symbol.asyncIterator]());
    await qmp.answer();
    await qmp.execute('qmp_capabilities');
    return qmp;
  }

  static async with<T>(path: string, use: (qmp: Qmp) => Promise<T>): Promise<T> {
    const qmp = await Qmp.connect(path);
    try {
      return await use(qmp);
    } finally {
      qmp.close();
    }
  }

  async execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    this.socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    const { error, ...rest } = await this.answer();
    if (error) throw new LabError(`QEMU refused ${command}: ${error.desc}`);
    return rest.return;
  }

  close(): void {
    this.socket.destroy();
  }

  private async answer(): Promise<z.infer<typeof reply>> {
    for (;;) {
      const line = await this.lines.next();
      if (line.done) throw new LabError('QEMU closed its monitor: the guest has stopped.');
      const message = reply.parse(JSON.parse(line.value));
      if (message.event === undefined) return message;
    }
  }
}
