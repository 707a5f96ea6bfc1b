import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonList } from './json-list.js';

describe('a list of JSON texts', () => {
  it('falls apart into the values that went in, whatever their texts hold', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), (values) => {
        const texts = jsonList(values).split('\u001e');
        expect(texts).toEqual(values.map((value) => JSON.stringify(value)));
      }),
    );
  });
});
