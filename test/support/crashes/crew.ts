import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Api } from '../api';
import { ADMIN_TOKEN, Manager, type Backing } from '../manager';
import { postgresReading, redisReading } from './readings';
import { Sabotage } from './sabotage';
import { Wire } from './wire';

/** Of a busy machine that starts several managers at once. */
const PATIENCE_MS = 60_000;

/** A place in the crew; who fills it may die and is followed by another. */
class Member {
  manager: Manager | undefined;
  running: Promise<Manager>;

  constructor(
    readonly wires: Wire[],
    /** Its own wires to both services. */
    private readonly backing: Backing,
  ) {
    this.running = this.start();
  }

  start(): Promise<Manager> {
    this.manager = undefined;
    this.running = Manager.startReady(this.backing, PATIENCE_MS).then(
      (manager) => (this.manager = manager),
    );
    this.running.catch(() => undefined);
    return this.running;
  }
}

const addressOf = (url: string, standard: number) => {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: port === '' ? standard : Number(port) };
};

const through = (url: string, { port }: Wire) => {
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String(port);
  return own.href;
};

/** Managers that share the work on one database and Redis, die in chosen moments, and are followed by others. */
export class Crew {
  private readonly members: Member[] = [];
  readonly sabotage = new Sabotage((n) => {
    this.kill(n);
  });
  kills = 0;
  /** What managers said in vain of errors that nobody foresaw. */
  complaints = '';

  static async start(backing: Backing, size: number): Promise<Crew> {
    const crew = new Crew();
    for (let n = 0; n < size; n++) await crew.add(backing);
    await crew.whole();
    return crew;
  }

  private async add({ databaseUrl, redisUrl }: Backing): Promise<void> {
    const n = this.members.length;
    const postgres = await Wire.lay(
      addressOf(databaseUrl, 5432),
      postgresReading,
      this.sabotage.of(n, 'postgres'),
    );
    const redis = await Wire.lay(
      addressOf(redisUrl, 6379),
      redisReading,
      this.sabotage.of(n, 'redis'),
    );
    const own = {
      databaseUrl: through(databaseUrl, postgres),
      redisUrl: through(redisUrl, redis),
    };
    this.members.push(new Member([postgres, redis], own));
  }

  /** At once, in the middle of whatever it does; its successor starts right after it. */
  kill(n: number): void {
    const member = this.members[n % this.members.length];
    const { manager } = member ?? {};
    if (!member || !manager) return;
    this.kills += 1;
    this.listen(manager);
    void manager.kill('SIGKILL');
    void member.start();
  }

  /** All connections of one manager to both services. */
  cut(n: number): void {
    for (const wire of this.members[n % this.members.length]?.wires ?? []) wire.cut();
  }

  /** Resolves when every manager runs. */
  async whole(): Promise<void> {
    await Promise.all(this.members.map(({ running }) => running));
  }

  /** Manager n, or the next one that lives. */
  async api(n: number): Promise<Api> {
    for (let m = 0; m < this.members.length; m++) {
      const { manager } = this.members[(n + m) % this.members.length] ?? {};
      if (manager) return manager.api;
    }
    return (await Promise.race(this.members.map(({ running }) => running))).api;
  }

  /** Asks one manager after another, for as long as none answers, or one that PostgreSQL is away. */
  async ask<T>(
    n: number,
    method: string,
    path: string,
    body?: unknown,
    {
      token = ADMIN_TOKEN,
      headers = {},
    }: { token?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer<T>> {
    const deadline = Date.now() + PATIENCE_MS;
    for (let m = n; ; m++) {
      const api = (await this.api(m)).as(token);
      const answer = await api
        .request<T>(method, path, body, headers)
        .catch((error: unknown) => ({ error }));
      if (!('error' in answer) && answer.status !== 503) return answer;
      if (Date.now() > deadline)
        throw new Error(`${method} ${path} got no answer`, { cause: answer });
      await sleep(50);
    }
  }

  private listen({ log }: Manager): void {
    if (log.includes('nobody foresaw')) this.complaints += log;
  }

  async dismiss(): Promise<void> {
    this.sabotage.disarm();
    for (const { running, wires } of this.members) {
      const manager = await running;
      this.listen(manager);
      await manager.kill('SIGTERM');
      await Promise.all(wires.map((wire) => wire.remove()));
    }
  }
}
