import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** A statement or command, and which bytes it is, those that are read with it included. */
export interface Question {
  what: string;
  from: number;
  to: number;
}

/** What a client of PostgreSQL or Redis asks, as far as a crash can be aimed at it. */
export interface Reading {
  /** The questions of these bytes, and how many of the bytes they took; the rest is incomplete. */
  read(bytes: Buffer): { asked: Question[]; length: number };
}

export interface Cut {
  /**
   * before: what is asked never arrives. after: it is done, and its answer never arrives. What was sent ahead of it
   * is done, what was sent behind it never arrives.
   */
  when: 'before' | 'after';
  /** Called in that moment, ahead of the end of the connection. */
  strike: () => void;
}

/** Decides at each question what becomes of it; `since` is what the transaction asked before. */
export interface Saboteur {
  at(asked: string, since: readonly string[]): Cut | undefined;
}

const TRANSACTION = /^(START TRANSACTION|BEGIN)/;
const MEMORY = 100;

/** The way of one manager to one service, which can be cut at a chosen question. */
export class Wire {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async lay(
    to: { host: string; port: number },
    reading: () => Reading,
    saboteur: Saboteur,
  ): Promise<Wire> {
    const server = createServer((client) => {
      wire.join(client, connect(to), reading(), saboteur);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const wire = new Wire(server, (server.address() as AddressInfo).port);
    return wire;
  }

  /** Every connection that is open now. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async remove(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket, service: Socket, reading: Reading, saboteur: Saboteur): void {
    const end = () => {
      for (const socket of [client, service]) {
        this.sockets.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of [client, service]) {
      this.sockets.add(socket);
      socket.setNoDelay(true).on('error', end).on('close', end);
    }
    /** The service does what it is sent until here, and finds that nobody is there any more. */
    const cutAt = (last: Buffer, strike: () => void) => {
      client.removeAllListeners('data').pause();
      service.removeAllListeners('data').resume();
      service.once('end', () => {
        strike();
        end();
      });
      service.end(last);
    };
    let waiting: Buffer = Buffer.alloc(0);
    const since: string[] = [];
    client.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      const { asked, length } = reading.read(waiting);
      const whole = waiting.subarray(0, length);
      waiting = waiting.subarray(length);
      for (const { what, from, to } of asked) {
        if (TRANSACTION.test(what)) since.length = 0;
        const cut = saboteur.at(what, since);
        if (cut) {
          cutAt(whole.subarray(0, cut.when === 'before' ? from : to), cut.strike);
          return;
        }
        since.push(what);
        if (since.length > MEMORY) since.shift();
      }
      if (whole.length > 0) service.write(whole);
    });
    service.on('data', (chunk) => client.write(chunk));
  }
}
