import { failure, success } from './result.js';
import type { Failure, Result } from './result.js';
import { Words } from './words.js';

export interface ListedRemap {
  readonly mainBlock: number;
  readonly leaseIndex: number;
  readonly leaseBlock: number;
  /** A bit for each sector of the block that holds data. */
  readonly valid: bigint;
}

export interface Listing<T> {
  readonly items: readonly T[];
  /** The block to ask for next; null at the end. */
  readonly next: number | null;
}

function parseListing<T>(
  output: string,
  parseItem: (line: string) => Result<T>,
): Result<Listing<T>> {
  const items: T[] = [];
  let next: number | null = null;
  for (const line of output.split('\n').filter((text) => text.trim() !== '')) {
    if (next !== null) return failure('bad-syntax', `"${line}" follows the next line`);
    if (line.startsWith('next ')) {
      const words = new Words(line.slice('next '.length));
      const parsed: Result<number> = words.finish(words.count('next block'));
      if (!parsed.ok) return parsed;
      next = parsed.value;
    } else {
      const item = parseItem(line);
      if (!item.ok) return item;
      items.push(item.value);
    }
  }
  return success({ items, next });
}

function parseRemap(line: string): Result<ListedRemap> {
  const words = new Words(line);
  return words.finish({
    mainBlock: words.count('main block'),
    leaseIndex: words.count('lease index'),
    leaseBlock: words.count('lease block'),
    valid: BigInt(`0x0${words.text('valid mask', /^[0-9a-f]{1,16}$/)}`),
  });
}

function parseBlock(line: string): Result<number> {
  const words = new Words(line);
  return words.finish(words.count('block'));
}

/** The answer to the message `list`. */
export const parseRemapList = (output: string): Result<Listing<ListedRemap>> =>
  parseListing(output, parseRemap);

/** The answer to the message `pending`. */
export const parsePendingList = (output: string): Result<Listing<number>> =>
  parseListing(output, parseBlock);

/** Follows `next` until the end; `ask` sends the message for one page. */
export async function readAllPages<T>(
  ask: (firstBlock: number) => Promise<string>,
  parse: (output: string) => Result<Listing<T>>,
): Promise<Result<readonly T[]>> {
  const items: T[] = [];
  let first: number | null = 0;
  while (first !== null) {
    const page: Failure | { ok: true; value: Listing<T> } = parse(await ask(first));
    if (!page.ok) return page;
    if (page.value.next !== null && page.value.next <= first) {
      return failure(
        'bad-syntax',
        `the page from block ${first} says to go on at ${page.value.next}`,
      );
    }
    items.push(...page.value.items);
    first = page.value.next;
  }
  return success(items);
}
