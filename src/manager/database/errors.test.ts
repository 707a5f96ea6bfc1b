import { describe, expect, it } from '@jest/globals';
import { databaseUnavailable, notFound, outcomeUnknown } from '../problem.js';
import { isDatabaseDown } from './errors.js';

describe('that PostgreSQL is away', () => {
  it('is seen in the error of a connection, and in the problem that callers get for it', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    for (const error of [refused, databaseUnavailable(), outcomeUnknown()])
      expect(isDatabaseDown(error)).toBe(true);
  });

  it('is not seen in any other problem', () => {
    expect(isDatabaseDown(notFound('host', 'x', 'look'))).toBe(false);
  });
});
