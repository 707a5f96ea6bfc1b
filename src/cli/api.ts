import { z } from 'zod';
import { Page, Problem } from '../../libs/contract/index.js';
import { CliError, EXIT } from './errors.js';

export type Query = Readonly<Record<string, string | number | undefined>>;

interface RequestOptions {
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly waitSeconds?: number;
}

/** The manager gives pages of so many unless told otherwise. */
const PAGE_SIZE = 200;

const ANSWER_TIMEOUT_MS = 30_000;

interface Versioned {
  readonly version: number;
}

const ifMatch = ({ version }: Versioned) => ({ 'if-match': `"${version}"` });

const AnyProblem = Problem.partial();

function explain(problem: z.infer<typeof AnyProblem>, response: Response): string {
  const detail = problem.detail ?? problem.title ?? response.statusText;
  const fields = (problem.errors ?? []).map(({ path, message }) => `\n  ${path}: ${message}`);
  return `${detail} (${problem.code ?? response.status})${fields.join('')}`;
}

async function throwProblem(response: Response, hasToken: boolean): Promise<never> {
  const parsed = AnyProblem.safeParse(await response.json().catch(() => ({})));
  const message = explain(parsed.data ?? {}, response);
  if (response.status === 401 || response.status === 403) {
    const hint = hasToken ? '' : '\nSay who you are with: dmremap login --url URL --token TOKEN';
    throw new CliError(EXIT.unauthorised, message + hint);
  }
  const again = response.status === 412 ? '\nNothing was changed; run the command again.' : '';
  throw new CliError(EXIT.failed, message + again);
}

/** The manager's REST API. */
export class Api {
  constructor(
    readonly url: string,
    private readonly token: string | undefined,
    /** Why something is changed, for the audit log. */
    private readonly reason?: string,
  ) {}

  private async request(
    method: string,
    path: string,
    { query = {}, body, headers = {}, waitSeconds = 0 }: RequestOptions,
  ): Promise<Response> {
    const url = new URL(path, this.url);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers: {
          accept: 'application/json',
          ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(this.reason !== undefined && { 'x-reason': encodeURIComponent(this.reason) }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS + waitSeconds * 1000),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CliError(
        EXIT.unreachable,
        `The manager at ${this.url} does not answer: ${reason}\nIs it the right one? Set DMREMAP_URL or pass --url.`,
      );
    }
    return response.ok ? response : throwProblem(response, this.token !== undefined);
  }

  private async json<T extends z.ZodType>(
    schema: T,
    method: string,
    path: string,
    options: RequestOptions,
  ): Promise<z.infer<T>> {
    const response = await this.request(method, path, options);
    const parsed = schema.safeParse(await response.json());
    if (parsed.success) return parsed.data;
    throw new CliError(
      EXIT.failed,
      `${method} ${path}: the manager's answer does not follow the contract; are both of one version?\n${z.prettifyError(parsed.error)}`,
    );
  }

  get<T extends z.ZodType>(schema: T, path: string, options: RequestOptions = {}) {
    return this.json(schema, 'GET', path, options);
  }

  post<T extends z.ZodType>(schema: T, path: string, body: unknown, options: RequestOptions = {}) {
    return this.json(schema, 'POST', path, { ...options, body });
  }

  /** With the version that was read, the change is refused when somebody else made one meanwhile. */
  patch<T extends z.ZodType>(schema: T, path: string, body: unknown, read: Versioned) {
    return this.json(schema, 'PATCH', path, { body, headers: ifMatch(read) });
  }

  /** A request whose answer says nothing but that it is done. */
  async act(method: string, path: string, options: RequestOptions = {}): Promise<void> {
    const response = await this.request(method, path, options);
    await response.body?.cancel();
  }

  delete(path: string, query: Query = {}, read?: Versioned): Promise<void> {
    return this.act('DELETE', path, { query, headers: read ? ifMatch(read) : {} });
  }

  /** All pages of a list, or its first items. */
  async list<T extends z.ZodType>(schema: T, path: string, query: Query = {}, most = Infinity) {
    const items: z.infer<T>[] = [];
    let cursor: string | undefined;
    const left = () => most - items.length;
    do {
      const page = await this.get(Page(schema), path, {
        query: { ...query, cursor, ...(left() < PAGE_SIZE && { limit: left() }) },
      });
      items.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined && left() > 0);
    return items;
  }
}
