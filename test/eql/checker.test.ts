import assert from 'node:assert/strict';
import { compile, EqlVerificationError, type FieldType, parse } from '../../src/eql/index.ts';
import { typed } from './support/documents.ts';

const types: Record<string, FieldType> = {
  s: 'string',
  n: 'number',
  b: 'boolean',
  d: 'date',
  ip: 'ip',
  s2: 'string',
};

function faultOf(condition: string, useSchema = true): string {
  const query = `any where ${condition}`;
  try {
    if (useSchema) compile(query, typed(types));
    else parse(query);
  } catch (error) {
    assert.ok(error instanceof EqlVerificationError, String(error));
    assert.equal(error.line, 1);
    return `${error.column - 10}: ${error.message}`;
  }
  return assert.fail(`${query} was accepted`);
}

describe('types', () => {
  const refused: [condition: string, fault: string][] = [
    ['s', '1: Expected a condition, found s, which is a string.'],
    ['1', '1: Expected a condition, found 1, which is a number.'],
    ['b and n', '7: Expected a condition, found n, which is a number.'],
    ['b or not "x"', '10: Expected a condition, found "x", which is a string.'],
    ['n : "4"', '1: ":" compares strings, found n, which is a number.'],
    ['ip : "10.*"', '1: ":" compares strings, found ip, which is an IP address.'],
    ['b like "true"', '1: "like" compares strings, found b, which is a boolean.'],
    ['n in~ ("4")', '1: "in~" compares strings, found n, which is a number.'],
    ['s in~ ("x", 4)', '13: "in~" compares strings, found 4, which is a number.'],
    ['n == "four"', '6: Cannot compare n, which is a number, with "four", which is a string.'],
    ['"four" == n', '1: Cannot compare n, which is a number, with "four", which is a string.'],
    ['n in (1, true)', '10: Cannot compare n, which is a number, with true, which is a boolean.'],
    ['b == "yes"', '6: Cannot compare b, which is a boolean, with "yes", which is a string.'],
    ['d > "yesterday"', '5: Cannot compare d, which is a date, with "yesterday", which is a string.'],
    ['d > "2026-13-01"', '5: Cannot compare d, which is a date, with "2026-13-01", which is a string.'],
    [
      'ip == "10.0.0.0/33"',
      '7: Cannot compare ip, which is an IP address, with "10.0.0.0/33", which is a string.',
    ],
    ['ip == 10', '7: Cannot compare ip, which is an IP address, with 10, which is a number.'],
    ['(n > 1) == 1', '12: Cannot compare n > 1, which is a boolean, with 1, which is a number.'],
    ['b > true', '1: Booleans have no order: ">" cannot compare them.'],
    ['s == s2', '6: A field can be compared only with constants in the elasticsearch dialect.'],
    ['s in ("x", s2)', '12: A field can be compared only with constants in the elasticsearch dialect.'],
    ['b == (n > 1)', '7: A field can be compared only with constants in the elasticsearch dialect.'],
  ];
  for (const [condition, fault] of refused) it(condition, () => assert.equal(faultOf(condition), fault));

  it('are checked by parse where a schema is given', () => {
    const schema = (name: string) => types[name];
    assert.throws(() => parse('any where n : "4"', { schema }), EqlVerificationError);
    assert.doesNotThrow(() => parse('any where n : "4"'));
  });

  it('of literals are checked without a schema', () => {
    assert.equal(
      faultOf('1 == "x"', false),
      '6: Cannot compare 1, which is a number, with "x", which is a string.',
    );
    assert.equal(faultOf('a : 4', false), '5: Expected a string behind ":", found 4.');
    assert.equal(faultOf('a : ("x", null)', false), '11: Expected a string behind ":", found null.');
    assert.equal(
      faultOf('(a == 1) > 1', false),
      '12: Cannot compare a == 1, which is a boolean, with 1, which is a number.',
    );
  });

  it('of fields in a comparison of fields must agree', () => {
    const resolver = typed(types);
    assert.throws(() => compile('any where s == n', resolver, { dialect: 'endpoint' }), /Cannot compare s/);
    assert.doesNotThrow(() => compile('any where s == s2', resolver, { dialect: 'endpoint' }));
    assert.doesNotThrow(() => compile(parse('any where s == s2', { dialect: 'python' }), resolver));
  });

  const warned: [condition: string, warning: string][] = [
    ['n == "4"', 'n is a number, compared with "4", which is a string.'],
    ['s == 4', 's is a string, compared with 4, which is a number.'],
    ['b == "true"', 'b is a boolean, compared with "true", which is a string.'],
  ];
  for (const [condition, warning] of warned)
    it(`${condition} is only a warning: Elasticsearch reads the literal as the type of the field`, () => {
      const [first] = compile(`any where ${condition}`, typed(types)).warnings;
      assert.deepEqual(first, { message: warning, line: 1, column: 16 });
    });
});
