import { describe, expect, it } from '@jest/globals';
import { Turns } from './turns.js';

function work() {
  const begun: string[] = [];
  const finish = new Map<string, () => void>();
  return {
    begun,
    named: (name: string) => () => {
      begun.push(name);
      return new Promise<void>((resolve) => finish.set(name, resolve));
    },
    finish: async (name: string) => {
      finish.get(name)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('turns', () => {
  it('let so much work begin at once, and the rest in order as it ends', async () => {
    const turns = new Turns(2);
    const { begun, named, finish } = work();
    const all = ['a', 'b', 'c', 'd'].map((name) => turns.take(named(name)));
    expect(begun).toEqual(['a', 'b']);
    await finish('b');
    expect(begun).toEqual(['a', 'b', 'c']);
    await finish('a');
    await finish('c');
    await finish('d');
    await Promise.all(all);
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('go to the next one when work fails', async () => {
    const turns = new Turns(1);
    const failing = turns.take(() => Promise.reject(new Error('broken')));
    const next = turns.take(() => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('done');
  });

  it('send away who has waited too long, before the work begins', async () => {
    let now = 0;
    const turns = new Turns(1, () => now);
    const { begun, named, finish } = work();
    const first = turns.take(named('a'));
    const late = turns.take(named('b'));
    now = 9000;
    const patient = turns.take(named('c'));
    now = 11_000;
    await finish('a');
    await expect(late).rejects.toMatchObject({ status: 503, code: 'busy' });
    await finish('c');
    await Promise.all([first, patient]);
    expect(begun).toEqual(['a', 'c']);
  });
});
