import {
  NOT_MEASURED,
  type DeviceId,
  type ObservedDisk,
  type Sectors,
} from '../../libs/contract/index.js';
import { Teller } from '../../src/agent/loops/teller.js';
import { ManagerClient } from '../../src/agent/manager/client.js';
import type { Api } from './api';
import { FakeHost } from './fake-host';

/** Disk n of the host with that number among those of this test file, which begin with 0. */
export const diskId = (n: number, host = 0) =>
  `wwn:${(host * 0x1_0000 + n).toString(16).padStart(16, '0')}` as DeviceId;

function fakeDisk(host: number, n: number, over: Partial<ObservedDisk> = {}): ObservedDisk {
  return {
    id: diskId(n, host),
    kernelName: `sd${n}`,
    diskId: diskId(n, host),
    model: 'Fake',
    serial: `S${n}`,
    firmware: '1',
    media: 'ssd',
    sizeSectors: 1_048_576 as Sectors,
    logicalBlockBytes: 512,
    physicalBlockBytes: 512,
    protectionType: 0,
    domains: {},
    health: 'ok',
    measured: NOT_MEASURED,
    usedBy: [],
    ...over,
  };
}

/** A fake host and its agent, which talks to the manager as the real one does. */
export class FakeAgent extends FakeHost {
  private static hosts = 0;
  private readonly number = FakeAgent.hosts++;
  private readonly teller = new Teller({
    report: (state) => this.reportWhole(state),
    confirm: (etag, sequence) => this.confirm(etag, sequence),
  });

  private constructor(
    readonly hostId: string,
    public api: Api,
    disks: number,
  ) {
    super([]);
    this.disks = Array.from({ length: disks }, (_, n) => this.disk(n + 1));
  }

  /** The identity of disk n; no two hosts of a test file have the same. */
  diskId(n: number): DeviceId {
    return diskId(n, this.number);
  }

  disk(n: number, over: Partial<ObservedDisk> = {}): ObservedDisk {
    return fakeDisk(this.number, n, over);
  }

  static async enrol(admin: Api, name: string, disks: number): Promise<FakeAgent> {
    const { hostId, credential } = await admin.enrol(name);
    const agent = new FakeAgent(hostId, admin.as(credential), disks);
    await agent.report();
    await agent.turn();
    return agent;
  }

  async report(): Promise<void> {
    const { sequence, ...sight } = this.state();
    await this.teller.tell(sight, sequence);
  }

  /** Whether or not anything in it is new. */
  async reportWhole(state = this.state()): Promise<string | null> {
    return this.client().report(state);
  }

  /** False when the manager wants the whole report. */
  async confirm(etag: string, sequence: number): Promise<boolean> {
    return this.client().confirm(etag, sequence);
  }

  private client(): ManagerClient {
    const { url, token = '' } = this.api;
    return new ManagerClient(url, { current: token, reload: () => Promise.resolve(false) });
  }

  /** One turn of an agent: wait for a newer wish, bring it about, report. False when there was none. */
  async turn(waitSeconds = 0): Promise<boolean> {
    const desired = await this.api.desired(this.generation, waitSeconds);
    if (!desired) return false;
    this.apply(desired);
    await this.report();
    return true;
  }

  /** Turns until nothing newer came for a while. */
  async settle(quietSeconds = 1): Promise<void> {
    while (await this.turn(quietSeconds));
  }
}

export async function eventually<T>(
  look: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error('it did not come to pass in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
