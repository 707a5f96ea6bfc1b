import { describe, expect, it } from '@jest/globals';
import { sharing } from './sharing.js';

describe('sharing', () => {
  it('changes nothing of what rows say', () => {
    const row = () => ({
      id: 'a',
      n: 1,
      none: null,
      in: { id: 'a' },
      list: ['a', 'b', { c: 'b' }],
    });
    expect(sharing()(row())).toEqual(row());
  });
});
