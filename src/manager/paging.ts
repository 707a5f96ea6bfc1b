import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { ProblemError } from './problem.js';

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  cursor: z.string().max(512).optional(),
});
export class PageQueryDto extends createZodDto(PageQuery) {}

/** What a list query needs: rows after the key, one more than the page holds. */
export interface PageRequest {
  after: string | null;
  limit: number;
}

export const pageRequest = ({ limit, cursor }: z.infer<typeof PageQuery>): PageRequest => ({
  after: cursor === undefined ? null : Buffer.from(cursor, 'base64url').toString('utf8'),
  limit,
});

/** For lists sorted by a number. */
export function numberedPageRequest(query: z.infer<typeof PageQuery>): PageRequest {
  const page = pageRequest(query);
  if (page.after !== null && !/^\d{1,19}$/.test(page.after))
    throw new ProblemError(
      400,
      'cursor-invalid',
      'The cursor is not one that this list gave; start without a cursor.',
    );
  return page;
}

/** A row of a list with the text it is sorted by. */
export type Keyed<T> = T & { pageKey: string };

export function withoutKey<T>(row: Keyed<T>): T {
  const item: Partial<Keyed<T>> = { ...row };
  delete item.pageKey;
  return item as T;
}

export interface PageOf<T> {
  items: T[];
  nextCursor: string | null;
}

/** Turns up to limit + 1 rows into a page; the further row only says that there is more. */
export function toPage<T>(rows: readonly Keyed<T>[], limit: number): PageOf<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(withoutKey),
    nextCursor:
      rows.length > limit && last ? Buffer.from(last.pageKey, 'utf8').toString('base64url') : null,
  };
}

/** Text that sorts as its number does. */
export const SEQ_KEY = (column: string) => `lpad(${column}::text, 19, '0')`;
