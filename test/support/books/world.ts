import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import {
  NOT_MEASURED,
  type DesiredState,
  type DeviceId,
  type EnrolledHost,
  type ObservedDisk,
  type ObservedState,
  type Pool,
  type Sectors,
  type Spare,
  type Target,
} from '../../../libs/contract/index.js';
import { Teller } from '../../../src/agent/loops/teller.js';
import type { Answer } from '../api';
import type { Crew } from '../crashes/crew';
import { BooksHost } from './agent';
import { LEASE_SECTORS, type DiskPlan, type FleetPlan } from './fleet';
import { Media } from './media';

export interface HostOf {
  id: string;
  name: string;
  credential: string;
  machine: BooksHost;
  plans: Map<DeviceId, DiskPlan>;
  fetched: DesiredState[];
  /** Reports that were made, sent or not. */
  made: Report[];
  teller: Teller;
}

interface Report {
  /** Of that time. */
  credential: string;
  state: ObservedState;
}

/** Round and round the list. */
export const nth = <T>(list: readonly T[], n: number): T | undefined => list[n % list.length];

let fleets = 0;

/** A fleet, the people who change its books, and the managers that keep them. */
export class World {
  readonly tag = `f${++fleets}`;
  readonly media = new Media();
  readonly hosts: HostOf[] = [];
  readonly pools: Pool[] = [];
  readonly spares: Spare[] = [];
  readonly targets: Target[] = [];
  /** Lease requests that were answered, by target and key. */
  readonly asked = new Set<string>();
  private turn = 0;

  private constructor(
    readonly plan: FleetPlan,
    readonly crew: Crew,
    /** Past the managers. */
    readonly sql: Client,
  ) {}

  static async build(plan: FleetPlan, crew: Crew, sql: Client): Promise<World> {
    const world = new World(plan, crew, sql);
    for (const [n, policy] of plan.pools.entries()) {
      const name = `${world.tag}-p${n}`;
      world.pools.push(await world.must('POST', '/v1/pools', { name, policy }));
    }
    for (const n of plan.hosts.keys()) await world.addHost(n);
    for (const host of world.hosts)
      for (const [deviceId, { spareOf }] of host.plans) {
        const known = world.spares.some((spare) => spare.deviceId === deviceId);
        if (spareOf !== null && !known) await world.addSpare(host, deviceId, spareOf);
      }
    return world;
  }

  /** Asks the managers in turn. */
  ask<T>(method: string, path: string, body?: unknown, token?: string): Promise<Answer<T>> {
    const headers: Record<string, string> =
      method === 'POST' ? { 'idempotency-key': randomUUID() } : {};
    return this.askWith<T>(method, path, body, headers, token);
  }

  async askWith<T>(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
    token?: string,
  ): Promise<Answer<T>> {
    const how = token === undefined ? { headers } : { headers, token };
    const answer = await this.crew.ask<T>(this.turn++, method, path, body, how);
    if (answer.status >= 500)
      throw new Error(`${method} ${path} ${JSON.stringify(body)}: ${JSON.stringify(answer.body)}`);
    return answer;
  }

  async must<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.ask<T>(method, path, body);
    if (answer.status < 400) return answer.body;
    throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  }

  async addSpare(host: HostOf, deviceId: DeviceId, pool: number): Promise<void> {
    const poolId = this.pools[pool % this.pools.length]?.id;
    const { status, body } = await this.ask<Spare>('POST', '/v1/spares', {
      ...{ poolId, hostId: host.id, deviceId },
    });
    if (status === 201) this.spares.push(body);
  }

  async enrol(name: string, machineId: string): Promise<EnrolledHost> {
    for (;;) {
      const { body: made } = await this.askWith<{ token: string }>(
        ...(['POST', '/v1/enrolment-tokens', {}, {}] as const),
      );
      const body = { token: made.token, name, machineId };
      const answer = await this.askWith<EnrolledHost>('POST', '/v1/enrol', body, {});
      // A token whose use was committed and not told is spent; the next one enrols the same machine.
      if (answer.status === 200) return answer.body;
    }
  }

  private async addHost(n: number): Promise<void> {
    const name = `${this.tag}-h${n}`;
    const { hostId: id, credential } = await this.enrol(name, `machine-${name}`);
    const host: HostOf = {
      ...{ id, name, credential, machine: new BooksHost(this.media) },
      ...{ plans: new Map(), fetched: [], made: [] },
      teller: new Teller({
        report: (state) => this.send({ credential: host.credential, state }),
        confirm: (etag, sequence) => this.confirm(host.credential, etag, sequence),
      }),
    };
    const own = (this.plan.hosts[n]?.disks ?? []).map((plan, m) => ({ plan, id: `${n}-${m}` }));
    const shelf = this.plan.shelf.map((plan, m) => ({ plan, id: `shelf-${m}` }));
    for (const { plan, id: disk } of n < 2 ? [...own, ...shelf] : own) {
      const deviceId = `serial:${this.tag}-${disk}` as DeviceId;
      host.plans.set(deviceId, plan);
      host.machine.disks.push(diskOf(deviceId, plan));
    }
    this.hosts.push(host);
    await this.report(host);
  }

  async report(host: HostOf): Promise<void> {
    const state = host.machine.state();
    host.made.push({ credential: host.credential, state });
    const { sequence, ...sight } = state;
    await host.teller.tell(sight, sequence);
  }

  /** An agent whose credential was replaced is refused, and nothing else. */
  async send({ credential, state }: Report): Promise<string | null> {
    const { status, headers, body } = await this.askWith(
      ...(['PUT', '/v1/agent/observed', state, {}, credential] as const),
    );
    if (status !== 204 && status !== 401) throw new Error(`a report: ${JSON.stringify(body)}`);
    return headers.get('etag');
  }

  /** False when the manager wants the whole report, and when it refuses the credential. */
  async confirm(credential: string, etag: string, sequence: number): Promise<boolean> {
    const path = `/v1/agent/observed/unchanged?sequence=${sequence}`;
    const { status, body } = await this.askWith(
      ...(['POST', path, undefined, { 'if-match': etag }, credential] as const),
    );
    if (![204, 401, 412].includes(status))
      throw new Error(`an unchanged report: ${JSON.stringify(body)}`);
    return status === 204;
  }

  async fetch(host: HostOf): Promise<DesiredState | undefined> {
    const path = `/v1/agent/desired?after=${host.machine.accepted}`;
    const { status, body } = await this.askWith<DesiredState>(
      ...(['GET', path, undefined, {}, host.credential] as const),
    );
    return status === 200 ? body : undefined;
  }

  /** One turn of the agent; false when there was nothing newer. */
  async bring(host: HostOf): Promise<boolean> {
    const desired = await this.fetch(host);
    if (desired) host.machine.apply(desired);
    else host.machine.reconcile();
    await this.report(host);
    return desired !== undefined;
  }

  /** The other disks of a device's array to be. */
  peersOf(host: HostOf, deviceId: DeviceId): DeviceId[] {
    const array = host.plans.get(deviceId)?.array ?? null;
    return [...host.plans]
      .filter(([id, plan]) => array !== null && plan.array === array && id !== deviceId)
      .map(([id]) => id);
  }

  async rows<Row>(text: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await this.sql.query(text, parameters)).rows as Row[];
  }
}

function diskOf(id: DeviceId, { domains, leases }: DiskPlan): ObservedDisk {
  return {
    ...{ id, diskId: id, kernelName: id.slice(7), model: 'Fake', serial: id.slice(7) },
    ...{ firmware: '1', media: 'ssd', domains, health: 'ok', usedBy: [] },
    ...{ logicalBlockBytes: 512, physicalBlockBytes: 512, protectionType: 0 },
    measured: NOT_MEASURED,
    sizeSectors: (4096 + leases * LEASE_SECTORS) as Sectors,
  };
}
