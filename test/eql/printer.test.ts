import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DIALECTS } from '../../src/eql/dialect.ts';
import { DEFAULT_LIMITS, parse, print, type Statement } from '../../src/eql/index.ts';
import { parseStatement } from '../../src/eql/parser.ts';
import { Source } from '../../src/eql/source.ts';
import { statements, withoutSpans } from './support/trees.ts';

const leaves = {
  computed: true,
  endpoint: true,
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

/** Reads without checking: a random tree may say what cannot be run. */
function reread(text: string): Statement {
  return parseStatement(new Source(text), DEFAULT_LIMITS, DIALECTS.endpoint);
}

describe('print', () => {
  const cases: [string, string][] = [
    ['any where ((a)) and ((b or c))', 'any where a and (b or c)'],
    ['"process" where a', 'process where a'],
    ['"my process" where a', '"my process" where a'],
    ['any where not (a == 1)', 'any where not a == 1'],
    ['any where not (a and b)', 'any where not (a and b)'],
    ['any where (a == 1) == true', 'any where (a == 1) == true'],
    ['any where (-1) in (1)', 'any where (-1) in (1)'],
    [
      'sequence by a,?b with maxspan = 5m [any where true] by c with runs = 2 ![x where a] by c until [y where b] by c | head 1+1',
      'sequence by a, ?b with maxspan=5m\n  [any where true] by c with runs=2\n  ![x where a] by c\nuntil\n  [y where b] by c\n| head 1 + 1',
    ],
    ['sample by a [x where b] [y where c]', 'sample by a\n  [x where b]\n  [y where c]'],
    [
      'sequence [any where a] as e [any where e.b == c and descendant of [x where d] and _arraysearch(l, $v, $v.f == $v)]',
      'sequence\n  [any where a] as e\n  [any where e.b == c and descendant of [x where d] and _arraysearch(l, $v, $v.f == $v)]',
    ],
    ['any where a == 3.0 or a == 1e40', 'any where a == 3.0 or a == 1e+40'],
    ['any where a:"""C:\\x"y"""', 'any where a : "C:\\\\x\\"y"'],
  ];
  for (const [query, printed] of cases)
    it(query, () => assert.equal(print(parse(query, { dialect: 'endpoint' }).statement), printed));

  it('gives text that reads back as the same tree', () => {
    const property = fc.property(statements(leaves), (statement) => {
      assert.deepEqual(withoutSpans(reread(print(statement))), withoutSpans(statement));
    });
    fc.assert(property, { numRuns: 1000 });
  });
});
