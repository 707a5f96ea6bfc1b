import { z } from 'zod';
import { LabError } from '../errors.js';
import { Page } from '../../../libs/contract/index.js';

/** The manager's HTTP API, as one who holds a token sees it. */
export class ManagerApi {
  constructor(
    readonly url: string,
    private readonly token: string,
  ) {}

  private async request(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async call<T extends z.ZodType>(
    schema: T,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<z.infer<T>> {
    const answer = await this.request(method, path, body, headers);
    const text = await answer.text();
    if (!answer.ok) throw new LabError(`${method} ${path}: ${answer.status} ${text}`);
    return schema.parse(JSON.parse(text));
  }

  async get<T extends z.ZodType>(schema: T, path: string): Promise<z.infer<T>> {
    return this.call(schema, 'GET', path);
  }

  async post<T extends z.ZodType>(schema: T, path: string, body: unknown): Promise<z.infer<T>> {
    return this.call(schema, 'POST', path, body);
  }

  async delete(path: string): Promise<void> {
    const answer = await this.request('DELETE', path, undefined, {});
    if (!answer.ok) throw new LabError(`DELETE ${path}: ${answer.status} ${await answer.text()}`);
  }

  /** All pages of a list. */
  async list<T extends z.ZodType>(schema: T, path: string): Promise<z.infer<T>[]> {
    const items: z.infer<T>[] = [];
    let cursor: string | null = null;
    do {
      const separator = path.includes('?') ? '&' : '?';
      const next: string = cursor === null ? path : `${path}${separator}cursor=${cursor}`;
      const page = await this.get(Page(schema), next);
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return items;
  }
}
