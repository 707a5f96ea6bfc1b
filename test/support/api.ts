import type {
  DesiredState,
  EnrolledHost,
  Event,
  Lease,
  Need,
  Pool,
  PoolPolicy,
  Problem,
  Spare,
  Target,
} from '../../libs/contract/index.js';

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

export class ApiProblem extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`);
  }
}

interface Items<T> {
  items: T[];
  nextCursor: string | null;
}

export class Api {
  constructor(
    readonly url: string,
    readonly token: string | undefined,
  ) {}

  as(token: string | undefined): Api {
    return new Api(this.url, token);
  }

  at(url: string): Api {
    return new Api(url, this.token);
  }

  /** Any answer, also a problem. */
  async request<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as T,
    };
  }

  /** The body of a success; a problem is thrown. */
  async call<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const answer = await this.request<T>(method, path, body, headers);
    if (answer.status >= 400) throw new ApiProblem(answer.body as Problem);
    return answer.body;
  }

  async problem(method: string, path: string, body?: unknown): Promise<Problem> {
    const answer = await this.request<Problem>(method, path, body);
    if (answer.status < 400) throw new Error(`${method} ${path} answered ${answer.status}`);
    return answer.body;
  }

  async enrol(name: string, machineId = `machine-${name}`): Promise<EnrolledHost> {
    const { token } = await this.call<{ token: string }>('POST', '/v1/enrolment-tokens', {});
    return this.call('POST', '/v1/enrol', { token, name, machineId });
  }

  createPool(name: string, policy: Partial<PoolPolicy> = {}): Promise<Pool> {
    return this.call('POST', '/v1/pools', { name, policy });
  }

  createSpare(poolId: string, hostId: string, deviceId: string): Promise<Spare> {
    return this.call('POST', '/v1/spares', { poolId, hostId, deviceId });
  }

  createTarget(wish: {
    hostId: string;
    poolId: string;
    name: string;
    mainDeviceId: string;
    arrayPeers?: string[];
  }): Promise<Target> {
    return this.call('POST', '/v1/targets', wish);
  }

  target(id: string): Promise<Target> {
    return this.call('GET', `/v1/targets/${id}`);
  }

  async leases(targetId?: string, released = false): Promise<Lease[]> {
    const filter = targetId === undefined ? '' : `&target=${targetId}`;
    const path = `/v1/leases?limit=1000&released=${released}${filter}`;
    return (await this.call<Items<Lease>>('GET', path)).items;
  }

  async needs(targetId?: string): Promise<Need[]> {
    const filter = targetId === undefined ? '' : `&target=${targetId}`;
    return (await this.call<Items<Need>>('GET', `/v1/needs?limit=1000${filter}`)).items;
  }

  async events(type?: string): Promise<Event[]> {
    const { items } = await this.call<Items<Event>>('GET', '/v1/events?limit=1000');
    return type === undefined ? items : items.filter((event) => event.type === type);
  }

  async desired(after: number, waitSeconds = 0): Promise<DesiredState | undefined> {
    const path = `/v1/agent/desired?after=${after}&waitSeconds=${waitSeconds}`;
    return this.call('GET', path);
  }
}
