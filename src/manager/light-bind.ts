import { AsyncResource } from 'node:async_hooks';

/**
 * Node 20 gives each function that is bound to a resource an accessor for a property it has deprecated, and what
 * V8 keeps for that accessor holds the function until the next full collection. Fastify binds one for each
 * request with a body, so the body would stay as long. Versions of Node without the property are left alone.
 */
export function bindWithoutAccessor(): void {
  const bound = AsyncResource.bind(() => undefined);
  if (!Object.hasOwn(bound, 'asyncResource')) return;
  AsyncResource.prototype.bind = bind;
}

const bind: AsyncResource['bind'] = function (this: AsyncResource, fn, thisArg?: unknown) {
  const run = this.runInAsyncScope.bind(this);
  return function (this: unknown, ...args: unknown[]) {
    return run(fn, thisArg === undefined ? this : thisArg, ...args) as unknown;
  } as typeof fn;
};
