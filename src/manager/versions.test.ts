import { describe, expect, it } from '@jest/globals';
import { parseIfMatch } from './versions.js';

describe('If-Match', () => {
  it.each([
    [undefined, null],
    ['*', null],
    ['"3"', [3]],
    ['"3", "14"', [3, 14]],
    ['W/"3"', []],
    ['3', []],
    ['"other"', []],
  ])('%j asks for %j', (header, expected) => {
    expect(parseIfMatch(header)).toEqual(expected);
  });
});
