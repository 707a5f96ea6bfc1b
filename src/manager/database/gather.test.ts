import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gather } from './gather.js';

function doubling({ most = 100, slow = false } = {}) {
  const asked: number[][] = [];
  const open: (() => void)[] = [];
  const gather = new Gather<number, number>(
    async (questions) => {
      asked.push([...questions]);
      if (slow) await new Promise<void>((resolve) => open.push(resolve));
      if (questions.includes(13)) throw new Error('unlucky');
      return questions.map((n) => n * 2);
    },
    { waitMs: 1, most },
  );
  return { gather, asked, open };
}

describe('questions that are put together', () => {
  it('are asked together, and each gets its own answer', async () => {
    const { gather, asked } = doubling();
    expect(await Promise.all([1, 2, 3].map((n) => gather.of(n)))).toEqual([2, 4, 6]);
    expect(asked).toEqual([[1, 2, 3]]);
  });

  it('are asked in parts when there are too many', async () => {
    const { gather, asked } = doubling({ most: 2 });
    expect(await Promise.all([1, 2, 3, 4, 5].map((n) => gather.of(n)))).toEqual([2, 4, 6, 8, 10]);
    expect(asked).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('count for as much as they are told to, and one that is too much alone goes alone', async () => {
    const asked: number[][] = [];
    const gather = new Gather<number, number>(
      async (questions) => {
        asked.push([...questions]);
        return Promise.resolve(questions);
      },
      { waitMs: 1, most: 5, countsFor: (n) => n },
    );
    expect(await Promise.all([2, 3, 1, 9, 4].map((n) => gather.of(n)))).toEqual([2, 3, 1, 9, 4]);
    expect(asked).toEqual([[2, 3], [1], [9], [4]]);
  });

  it('wait while two statements are under way, and then go together', async () => {
    const { gather, asked, open } = doubling({ most: 1, slow: true });
    const first = [gather.of(1), gather.of(2)];
    await sleep(5);
    const later = gather.of(3);
    await sleep(5);
    expect(asked).toEqual([[1], [2]]);
    open.forEach((finish) => {
      finish();
    });
    expect(await Promise.all(first)).toEqual([2, 4]);
    await sleep(5);
    open.at(-1)?.();
    expect(await later).toBe(6);
  });

  it('fail together, and those after them do not', async () => {
    const { gather } = doubling();
    const results = await Promise.allSettled([gather.of(1), gather.of(13)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await gather.of(1)).toBe(2);
  });
});
