import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { ConfigService } from '../config/config.service.js';
import type { Sql, Statement } from './tx.js';

const CHANNEL = 'dmremap_wake';
/** PostgreSQL takes payloads of under 8000 bytes; a topic with a UUID has some 45. */
const TOPICS_PER_PAYLOAD = 100;

/**
 * Wakes waiters in every manager when a transaction commits (LISTEN/NOTIFY). A message may be lost while
 * the connection is away, so a waiter also looks for itself every so often.
 */
@Injectable()
export class WakeService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly topics = new EventEmitter().setMaxListeners(0);
  private readonly listeners: ((topic: string) => void)[] = [];
  private readonly stop = new AbortController();
  private client: Client | undefined;

  constructor(
    private readonly config: ConfigService,
    private readonly log: PinoLogger,
  ) {
    log.setContext(WakeService.name);
  }

  onApplicationBootstrap(): void {
    void this.listen();
  }

  async onModuleDestroy(): Promise<void> {
    this.stop.abort();
    await this.client?.end().catch(() => undefined);
  }

  /** Takes effect when the transaction commits. */
  async notify(sql: Sql, topics: readonly string[]): Promise<void> {
    if (topics.length > 0) await sql.query(...this.notice(topics));
  }

  notice(topics: readonly string[]): Statement {
    const payloads: string[] = [];
    for (let at = 0; at < topics.length; at += TOPICS_PER_PAYLOAD)
      payloads.push(topics.slice(at, at + TOPICS_PER_PAYLOAD).join(' '));
    return [
      'SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload',
      [CHANNEL, payloads],
    ];
  }

  /** Resolves true when the topic was notified, false when the time went by or the manager is stopping. */
  async wait(topic: string, milliseconds: number): Promise<boolean> {
    const signal = AbortSignal.any([this.stop.signal, AbortSignal.timeout(milliseconds)]);
    return once(this.topics, topic, { signal }).then(
      () => true,
      () => false,
    );
  }

  /** For one who knows by itself who waits for what; called with every topic. */
  onWake(listener: (topic: string) => void): void {
    this.listeners.push(listener);
  }

  private wakeUp(topic: string): void {
    this.topics.emit(topic);
    for (const listener of this.listeners) listener(topic);
  }

  get stopping(): boolean {
    return this.stop.signal.aborted;
  }

  private async listen(): Promise<void> {
    while (!this.stop.signal.aborted) {
      const client = new Client({
        connectionString: this.config.values.DATABASE_URL,
        application_name: 'dm-remap-manager listen',
        keepAlive: true,
        connectionTimeoutMillis: 3000,
      });
      this.client = client;
      const ended = new Promise<void>((resolve) => {
        client.on('error', () => {
          resolve();
        });
        client.on('end', () => {
          resolve();
        });
      });
      client.on('notification', ({ payload }) => {
        for (const topic of payload?.split(' ') ?? []) this.wakeUp(topic);
      });
      try {
        await client.connect();
        await client.query(`LISTEN ${CHANNEL}`);
        await ended;
      } catch (error) {
        this.log.debug({ err: error }, 'cannot listen; waiters look for themselves until then');
      }
      await client.end().catch(() => undefined);
      await sleep(1000, undefined, { signal: this.stop.signal }).catch(() => undefined);
    }
  }
}
