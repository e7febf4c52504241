import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse, print } from '../../src/eql/index.ts';
import { statements, withoutSpans } from './support/trees.ts';

const leaves = {
  computed: true,
  fields: ['a', 'process.name', 'by', 'a.where', 'my-field', 'a`b', 'a..b', '.', '@x', 'some field'],
  strings: fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('any', 'in', '"""', '\\'),
  ),
  integers: fc.oneof(
    fc.maxSafeInteger(),
    fc.bigInt(2n ** 53n, 2n ** 63n - 1n),
    fc.bigInt(1n - 2n ** 63n, -(2n ** 53n)),
  ),
};

describe('print', () => {
  const cases: [string, string][] = [
    ['any where ((a)) and ((b or c))', 'any where a and (b or c)'],
    ['"process" where a', 'process where a'],
    ['"my process" where a', '"my process" where a'],
    ['any where not (a == 1)', 'any where not a == 1'],
    ['any where not (a and b)', 'any where not (a and b)'],
    ['any where (a == 1) == true', 'any where (a == 1) == true'],
    ['any where (-1) in (1)', 'any where (-1) in (1)'],
    ['any where a == 3.0 or a == 1e40', 'any where a == 3.0 or a == 1e+40'],
    ['any where a:"""C:\\x"y"""', 'any where a : "C:\\\\x\\"y"'],
  ];
  for (const [query, printed] of cases) it(query, () => assert.equal(print(parse(query).statement), printed));

  it('gives text that reads back as the same tree', () => {
    const property = fc.property(statements(leaves), (statement) => {
      assert.deepEqual(withoutSpans(parse(print(statement)).statement), withoutSpans(statement));
    });
    fc.assert(property, { numRuns: 1000 });
  });
});
