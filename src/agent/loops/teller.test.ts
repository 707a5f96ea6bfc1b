import { describe, expect, it } from '@jest/globals';
import { Teller, type Listener, type Sight } from './teller.js';

const sight = (kernelRelease: string) => ({ kernelRelease }) as Sight;

/** A manager that says what it was told, and answers as it is set to. */
class FakeManager implements Listener {
  readonly heard: string[] = [];
  etag: string | null = '"a"';
  knows = true;
  answers = true;

  report({ kernelRelease, sequence }: Sight & { sequence: number }): Promise<string | null> {
    if (!this.answers) return Promise.reject(new Error('no answer'));
    this.heard.push(`${sequence}: ${kernelRelease}`);
    return Promise.resolve(this.etag);
  }

  confirm(etag: string, sequence: number): Promise<boolean> {
    this.heard.push(`${sequence}: as ${etag}`);
    return Promise.resolve(this.knows);
  }
}

describe('what the agent sees', () => {
  it('is told whole when it is new, and confirmed while it stays', async () => {
    const manager = new FakeManager();
    const teller = new Teller(manager);
    for (const [n, seen] of ['x', 'x', 'x', 'y', 'y', 'x'].entries())
      await teller.tell(sight(seen), n);
    expect(manager.heard).toEqual(['0: x', '1: as "a"', '2: as "a"', '3: y', '4: as "a"', '5: x']);
  });

  it('is told whole in the same turn when the manager does not know it any more', async () => {
    const manager = new FakeManager();
    const teller = new Teller(manager);
    await teller.tell(sight('x'), 0);
    manager.knows = false;
    await teller.tell(sight('x'), 1);
    expect(manager.heard).toEqual(['0: x', '1: as "a"', '1: x']);
  });

  it('is told whole each time to a manager that gives no ETag', async () => {
    const manager = new FakeManager();
    const teller = new Teller(manager);
    manager.etag = null;
    for (const n of [0, 1]) await teller.tell(sight('x'), n);
    expect(manager.heard).toEqual(['0: x', '1: x']);
  });

  it('is told whole after a report that may not have come through', async () => {
    const manager = new FakeManager();
    const teller = new Teller(manager);
    await teller.tell(sight('x'), 0);
    manager.answers = false;
    await expect(teller.tell(sight('y'), 1)).rejects.toThrow('no answer');
    manager.answers = true;
    await teller.tell(sight('x'), 2);
    expect(manager.heard).toEqual(['0: x', '2: x']);
  });
});
