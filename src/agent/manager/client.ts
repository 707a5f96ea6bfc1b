import { z } from 'zod';
import { DesiredState, EnrolledHost, Problem } from '../../../libs/contract/index.js';
import type { EnrolHost, Generation, ObservedState } from '../../../libs/contract/index.js';
import { messageOf, PermanentError, UnauthorisedError } from '../base/errors.js';

/** The manager did not answer; it will again. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

const ANSWER_TIMEOUT_MS = 15_000;

const OBSERVED = '/v1/agent/observed';

/** It knows another report than the one that was to be confirmed, or no way to confirm one. */
const WANTS_THE_WHOLE: ReadonlySet<number> = new Set([404, 412]);

interface RequestOptions {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly waitSeconds?: number;
  readonly signal?: AbortSignal | undefined;
}

async function problemIn(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { title, detail, code } = Problem.partial().parse(JSON.parse(text));
    return `${detail ?? title ?? text} (${code ?? response.status})`;
  } catch {
    return text.slice(0, 200) || response.statusText;
  }
}

async function throwFor(response: Response, what: string): Promise<never> {
  const message = `${what}: ${await problemIn(response)}`;
  if (response.status === 401 || response.status === 403) throw new UnauthorisedError(message);
  const passing = response.status >= 500 || response.status === 408 || response.status === 429;
  throw passing ? new Error(message) : new PermanentError(message);
}

/** The secret to send, and a way to look whether it has been replaced since. */
export interface CredentialSource {
  readonly current: string;
  /** False when it is still the same. */
  readonly reload: () => Promise<boolean>;
}

/** The manager's endpoints for agents. */
export class ManagerClient {
  constructor(
    private readonly url: string,
    private readonly credential?: CredentialSource,
  ) {}

  private async request(path: string, options: RequestOptions): Promise<Response> {
    const response = await this.answer(path, options);
    return response.ok ? response : throwFor(response, `${options.method} ${path}`);
  }

  /** Any answer, also a problem. */
  private async answer(path: string, options: RequestOptions): Promise<Response> {
    const response = await this.send(path, options);
    const isRenewed = response.status === 401 && (await this.credential?.reload()) === true;
    return isRenewed ? this.send(path, options) : response;
  }

  private async send(path: string, options: RequestOptions): Promise<Response> {
    const { method, headers, body, waitSeconds = 0, signal } = options;
    const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS + waitSeconds * 1000);
    try {
      return await fetch(new URL(path, this.url), {
        method,
        headers: {
          accept: 'application/json',
          ...headers,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(this.credential !== undefined && {
            authorization: `Bearer ${this.credential.current}`,
          }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause ? `: ${messageOf(error.cause)}` : '';
      throw new UnreachableError(`the manager at ${this.url}: ${messageOf(error)}${cause}`);
    }
  }

  async enrol(host: EnrolHost): Promise<EnrolledHost> {
    const response = await this.request('/v1/enrol', { method: 'POST', body: host });
    return EnrolledHost.parse(await response.json());
  }

  /** Null when nothing above `after` came in the time. */
  async desired(
    after: Generation,
    waitSeconds: number,
    signal?: AbortSignal,
  ): Promise<DesiredState | null> {
    const path = `/v1/agent/desired?after=${after}&waitSeconds=${waitSeconds}`;
    const response = await this.request(path, { method: 'GET', waitSeconds, signal });
    if (response.status === 204) return null;
    const parsed = DesiredState.safeParse(await response.json());
    if (parsed.success) return parsed.data;
    throw new PermanentError(
      `the desired state does not follow the contract: ${z.prettifyError(parsed.error)}`,
    );
  }

  /** The ETag to confirm the report with; null from a manager that does not know how. */
  async report(observed: ObservedState, signal?: AbortSignal): Promise<string | null> {
    const response = await this.request(OBSERVED, { method: 'PUT', body: observed, signal });
    await response.body?.cancel();
    return response.headers.get('etag');
  }

  /** Says that all is as in the report with this ETag. False when the manager wants the whole of it. */
  async confirm(etag: string, sequence: number, signal?: AbortSignal): Promise<boolean> {
    const path = `${OBSERVED}/unchanged?sequence=${sequence}`;
    const headers = { 'if-match': etag };
    const response = await this.answer(path, { method: 'POST', headers, signal });
    if (WANTS_THE_WHOLE.has(response.status)) {
      await response.body?.cancel();
      return false;
    }
    if (!response.ok) await throwFor(response, `POST ${path}`);
    return true;
  }
}
