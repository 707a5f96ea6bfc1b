import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import {
  DesiredState,
  WATCH_SECONDS,
  type ObservedArray,
  type ObservedDisk,
} from '../../../libs/contract/index.js';
import { FakeHost } from '../../support/fake-host.js';
import type { AgentsReport, AgentsWork } from './gateway.js';

/**
 * The agents of a fleet, as many as there are hosts, in a process of their own: each holds its watch on a
 * connection of its own, brings about what it is told and reports that, and reports every ten seconds, the whole
 * when it is new and else, as the real one does, that it is still so. Reports share connections, or the two of
 * each agent would be more files than most shells let a process open; these stay open as an agent's do.
 */

const REPORT_EVERY_MS = 10_000;
const PAUSE_MS = 1000;

/** The first report tells of all there is; the second is the same on changed books; from the third on nothing is new. */
const SETTLED_AFTER = 3;

const watching = new Agent({ keepAlive: true, maxSockets: Infinity });
const reporting = new Agent({ keepAlive: true, maxSockets: 1000, maxFreeSockets: 1000 });

interface Answer {
  status: number;
  etag?: string | undefined;
  body: string;
}

interface Asked {
  method: string;
  path: string;
  etag?: string;
  body?: readonly [string, Buffer];
}

async function call(
  base: URL,
  agent: Agent,
  credential: string,
  { method, path, etag, body }: Asked,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${credential}`,
      ...(etag !== undefined && { 'if-match': etag }),
      ...(body !== undefined && {
        'content-type': 'application/json',
        'content-length': body[0].length + body[1].length,
      }),
    };
    const { hostname, port } = base;
    const sent = request({ hostname, port, method, path, agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, etag: headers.etag, body: Buffer.concat(chunks).toString() });
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    if (body) sent.write(body[0]);
    sent.end(body?.[1]);
  });
}

const failure = (error: unknown): Answer => ({ status: 0, body: String(error) });

/** What happened since it was last asked for. */
const nothing = (): AgentsReport => ({ reports: [], refused: {}, received: [], settled: 0 });
let report = nothing();
let settled = 0;

class BenchAgent extends FakeHost {
  private busy = false;
  private again = false;
  private said: Buffer | undefined;
  /** Of the report that `said` was last taken with. */
  private etag: string | undefined;
  private taken = 0;

  constructor(
    private readonly base: URL,
    private readonly credential: string,
    disks: ObservedDisk[],
    arrays: ObservedArray[],
  ) {
    super(disks);
    this.arrays = arrays;
  }

  async watch(): Promise<void> {
    for (;;) {
      const path = `/v1/agent/desired?after=${this.generation}&waitSeconds=${WATCH_SECONDS}`;
      const answer = await call(this.base, watching, this.credential, {
        method: 'GET',
        path,
      }).catch(() => undefined);
      if (answer?.status === 200) this.receive(DesiredState.parse(JSON.parse(answer.body)));
      else if (answer?.status !== 204) await sleep(PAUSE_MS);
    }
  }

  private receive(desired: DesiredState): void {
    const at = Date.now();
    const had = new Set([...this.targets.values()].flatMap(({ leases }) => leases.map(idOf)));
    this.apply(desired);
    this.said = this.etag = undefined;
    for (const { leases } of desired.targets)
      for (const { leaseId } of leases)
        if (!had.has(leaseId)) report.received.push({ leaseId, at });
    void this.tell();
  }

  /** One report at a time; what happens meanwhile is in the next one. */
  async tell(): Promise<void> {
    this.again = true;
    if (this.busy) return;
    this.busy = true;
    while (this.again) {
      this.again = false;
      const start = performance.now();
      const answer = (await this.confirm()) ?? (await this.report());
      if (answer.status === 204) {
        report.reports.push(performance.now() - start);
        this.taken += 1;
        if (this.taken === SETTLED_AFTER) settled += 1;
      } else {
        const why = answer.body.slice(0, 200);
        report.refused[why] = (report.refused[why] ?? 0) + 1;
        this.again = true;
        await sleep(PAUSE_MS);
      }
    }
    this.busy = false;
  }

  /** Undefined when there is nothing to confirm, or the manager wants the whole. */
  private async confirm(): Promise<Answer | undefined> {
    const { etag } = this;
    if (etag === undefined) return undefined;
    const path = `/v1/agent/observed/unchanged?sequence=${++this.sequence}`;
    const answer = await this.send({ method: 'POST', path, etag });
    return answer.status === 412 ? undefined : answer;
  }

  /** The bytes are kept: ten thousand real hosts have processors of their own to write them anew each time. */
  private async report(): Promise<Answer> {
    this.said ??= Buffer.from(JSON.stringify({ ...this.state(), sequence: undefined }).slice(1));
    const { said } = this;
    const body = [`{"sequence":${++this.sequence},`, said] as const;
    const answer = await this.send({ method: 'PUT', path: '/v1/agent/observed', body });
    if (this.said === said) this.etag = answer.etag;
    return answer;
  }

  private send(asked: Asked): Promise<Answer> {
    return call(this.base, reporting, this.credential, asked).catch(failure);
  }

  async reportForEver(offsetMs: number): Promise<void> {
    await sleep(offsetMs);
    for (;;) {
      const next = sleep(REPORT_EVERY_MS);
      await this.tell();
      await next;
    }
  }
}

const idOf = ({ leaseId }: { leaseId: string }) => leaseId;

interface HostRow {
  n: number;
  disks: ObservedDisk[];
  arrays: ObservedArray[];
}

async function start({ url, databaseUrl, rampMs }: AgentsWork): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<HostRow>(
    `SELECT substr(name, 6)::int AS n,
            (SELECT jsonb_agg(observed ORDER BY id) FROM disk WHERE host_id = host.id) AS disks,
            (SELECT coalesce(jsonb_agg(observed), '[]') FROM raid_array
             WHERE host_id = host.id) AS arrays
     FROM host ORDER BY name`,
  );
  await client.end();
  const base = new URL(url);
  for (const [index, { n, disks, arrays }] of rows.entries()) {
    const agent = new BenchAgent(base, `credential-${n}`, disks, arrays);
    const offset = (rampMs * index) / rows.length;
    void agent.reportForEver(offset);
    void sleep(offset).then(() => agent.watch());
  }
}

process.on('message', (message: AgentsWork | 'tell') => {
  if (message !== 'tell') {
    void start(message);
    return;
  }
  process.send?.({ ...report, settled });
  report = nothing();
});
