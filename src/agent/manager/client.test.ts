import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ObservedState } from '../../../libs/contract/index.js';
import { PermanentError, UnauthorisedError } from '../base/errors.js';
import { ManagerClient, UnreachableError } from './client.js';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** A manager that answers one thing to whatever it is asked, and what it was asked. */
async function answering(status: number, headers: Record<string, string> = {}) {
  const asked: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[] = [];
  server = createServer(({ method, url, headers: sent }, response) => {
    asked.push({ method, url, headers: sent });
    const problem = { code: 'some-code', detail: 'Some detail.' };
    response.writeHead(status, headers).end(status < 300 ? undefined : JSON.stringify(problem));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { client: new ManagerClient(`http://127.0.0.1:${port}`), asked };
}

describe('a report', () => {
  it('comes back with the ETag to confirm it with', async () => {
    const { client, asked } = await answering(204, { etag: '"abc"' });
    expect(await client.report({ sequence: 7 } as ObservedState)).toBe('"abc"');
    expect(asked).toMatchObject([{ method: 'PUT', url: '/v1/agent/observed' }]);
  });

  it('comes back without one from an older manager', async () => {
    const { client } = await answering(204);
    expect(await client.report({ sequence: 7 } as ObservedState)).toBeNull();
  });
});

describe('a confirmation', () => {
  it('names the report and carries nothing of it', async () => {
    const { client, asked } = await answering(204);
    expect(await client.confirm('"abc"', 8)).toBe(true);
    expect(asked).toMatchObject([
      {
        method: 'POST',
        url: '/v1/agent/observed/unchanged?sequence=8',
        headers: { 'if-match': '"abc"', 'content-length': '0' },
      },
    ]);
  });

  it.each([
    ['knows another report', 412],
    ['is older and has no such route', 404],
  ])('is not taken by a manager that %s', async (_, status) => {
    const { client } = await answering(status);
    expect(await client.confirm('"abc"', 8)).toBe(false);
  });

  it.each([
    ['does not know the host', 401, UnauthorisedError],
    ['refuses it for good', 400, PermanentError],
    ['cannot take it now', 503, Error],
  ])('is an error when the manager %s', async (_, status, type) => {
    const { client } = await answering(status);
    const failure = client.confirm('"abc"', 8);
    await expect(failure).rejects.toThrow(type);
    await expect(failure).rejects.toThrow('Some detail. (some-code)');
  });

  it('is an error when nobody answers', async () => {
    const { client } = await answering(204);
    server?.close();
    await expect(client.confirm('"abc"', 8)).rejects.toThrow(UnreachableError);
  });
});
