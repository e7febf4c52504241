import assert from 'node:assert/strict';
import {
  EqlSyntaxError,
  EqlVerificationError,
  type EventQuery,
  type Expression,
  parse,
} from '../../src/eql/index.ts';
import { withoutSpans } from './support/trees.ts';

function condition(text: string): Expression {
  return eventOf(`any where ${text}`).condition;
}

function eventOf(query: string): EventQuery {
  const { statement } = parse(query);
  assert.ok(statement.query.kind === 'event');
  return statement.query;
}

function shape(text: string): unknown {
  return withoutSpans(condition(text));
}

function literalOf(text: string): unknown {
  const tree = condition(`x == ${text}`);
  assert.ok(tree.kind === 'comparison' && tree.right.kind === 'literal');
  return tree.right.value;
}

const field = (name: string, optional = false) => ({ kind: 'field', of: null, name, optional });
const text = (value: string) => ({ kind: 'literal', type: 'string', value });
const integer = (value: number | bigint) => ({ kind: 'literal', type: 'integer', value });
const compare = (left: unknown, operator: string, right: unknown) => ({
  kind: 'comparison',
  operator,
  left,
  right,
});

describe('the options of a query', () => {
  it('have defaults, each of its own', () => {
    parse('process where a == 1', { limits: { maxDepth: 5 } });
    assert.throws(
      () => parse('process where ((((((a))))))', { limits: { maxDepth: 5 } }),
      /nests deeper than 5/,
    );
  });

  it('name the dialects that there are', () => {
    assert.throws(
      () => parse('any where a', { dialect: 'nope' as 'python' }),
      /one of elasticsearch, endpoint, python, not nope/,
    );
  });
});

describe('parse', () => {
  describe('event queries', () => {
    it('takes a category as a name, a string or a raw string', () => {
      for (const category of ['process', '"process"', '"""process"""'])
        assert.equal(eventOf(`${category} where true`).category, 'process');
    });

    it('reads "any" as no category, but "any" in quotes as a name', () => {
      assert.equal(eventOf('any where true').category, null);
      assert.equal(eventOf('"any" where true').category, 'any');
    });

    it('keeps the place of every node', () => {
      const tree = condition('a == "x" and not b');
      assert.deepEqual(tree.span, { start: 10, end: 28 });
      assert.ok(tree.kind === 'and');
      assert.deepEqual(
        tree.operands.map((each) => each.span),
        [
          { start: 10, end: 18 },
          { start: 23, end: 28 },
        ],
      );
    });
  });

  describe('precedence', () => {
    const [a, b, c] = [field('a'), field('b'), field('c')];
    const cases: [string, unknown][] = [
      ['a or b and c', { kind: 'or', operands: [a, { kind: 'and', operands: [b, c] }] }],
      ['(a or b) and c', { kind: 'and', operands: [{ kind: 'or', operands: [a, b] }, c] }],
      ['a and b and c', { kind: 'and', operands: [a, b, c] }],
      ['a and (b and c)', { kind: 'and', operands: [a, { kind: 'and', operands: [b, c] }] }],
      ['not a and b', { kind: 'and', operands: [{ kind: 'not', operand: a }, b] }],
      ['not a == b', { kind: 'not', operand: compare(a, '==', b) }],
      ['not not a', { kind: 'not', operand: { kind: 'not', operand: a } }],
      [
        '(a == b) == true',
        compare(compare(a, '==', b), '==', { kind: 'literal', type: 'boolean', value: true }),
      ],
      ['a > -1', compare(a, '>', integer(-1))],
      ['a == - -1', compare(a, '==', integer(1))],
      ['a == +1', compare(a, '==', integer(1))],
    ];
    for (const [query, tree] of cases) it(query, () => assert.deepEqual(shape(query), tree));
  });

  describe('lists and patterns', () => {
    const membership = {
      kind: 'in',
      operand: field('a'),
      negated: false,
      insensitive: false,
      values: [text('x'), integer(1)],
    };
    const pattern = { kind: 'pattern', operator: ':', operand: field('a'), patterns: [text('x*')] };
    const cases: [string, unknown][] = [
      ['a in ("x", 1)', membership],
      ['a not in ("x", 1)', { ...membership, negated: true }],
      ['a in~ ("x")', { ...membership, insensitive: true, values: [text('x')] }],
      ['a not in~ ("x")', { ...membership, negated: true, insensitive: true, values: [text('x')] }],
      ['a : "x*"', pattern],
      ['a:("x*","y")', { ...pattern, patterns: [text('x*'), text('y')] }],
      ['a like "x*"', { ...pattern, operator: 'like' }],
      ['a like~ ("x*")', { ...pattern, operator: 'like~' }],
    ];
    for (const [query, tree] of cases) it(query, () => assert.deepEqual(shape(query), tree));
  });

  describe('names', () => {
    const cases: [string, unknown][] = [
      ['process.name', field('process.name')],
      ['process . name', field('process.name')],
      ['@timestamp', field('@timestamp')],
      ['?process.name', field('process.name', true)],
      ['`my-field`', field('my-field')],
      ['`a``b`', field('a`b')],
      ['`some.long name`.x', field('some.long name.x')],
      ['?`some?field`', field('some?field', true)],
      ['process.with.of', field('process.with.of')],
    ];
    for (const [query, tree] of cases) it(query, () => assert.deepEqual(shape(query), tree));
  });

  describe('literals', () => {
    const cases: [string, unknown][] = [
      ['true', true],
      ['null', null],
      ['42', 42],
      ['9007199254740993', 9007199254740993n],
      ['9223372036854775807', 9223372036854775807n],
      ['9223372036854775808', 2 ** 63],
      ['100000000000000000000000000000000', 1e32],
      ['1.', 1],
      ['.5', 0.5],
      ['1e3', 1000],
      ['1.5E-1', 0.15],
      ['"a\\tb\\n\\r\\b\\f\\"\\\'\\\\"', 'a\tb\n\r\b\f"\'\\'],
      ['"\\u{1f4a9}\\u{0041}"', '💩A'],
      ['"C:\\\\x"', 'C:\\x'],
      ['""', ''],
      ['"""a\\n"b"""', 'a\\n"b'],
      ['"""line\nline"""', 'line\nline'],
      ['""""a"b"""""', '"a"b""'],
      ['""""""', ''],
    ];
    for (const [query, value] of cases)
      it(JSON.stringify(query), () => assert.equal(literalOf(query), value));
  });

  it('skips line comments and nested block comments', () => {
    const commented = 'a == /* one /* two */ "x" */ 1 // == 2\n and b == "/* no */"';
    const plain = {
      kind: 'and',
      operands: [compare(field('a'), '==', integer(1)), compare(field('b'), '==', text('/* no */'))],
    };
    assert.deepEqual(shape(commented), plain);
  });

  it('reads a string of a million characters', () => {
    assert.equal((literalOf(`"${'a\\\\'.repeat(300_000)}"`) as string).length, 600_000);
  });
});

interface Fault {
  readonly query: string;
  readonly at: readonly [line: number, column: number];
  readonly message: string;
  readonly remedy?: string;
}

function assertFault(type: typeof EqlSyntaxError | typeof EqlVerificationError, fault: Fault): void {
  assert.throws(
    () => parse(fault.query),
    (error) => {
      assert.ok(error instanceof type, String(error));
      assert.equal(error.message, fault.message);
      assert.deepEqual([error.line, error.column], fault.at);
      if (fault.remedy !== undefined) assert.equal(error.remedy, fault.remedy);
      return true;
    },
  );
}

describe('syntax errors', () => {
  const faults: Fault[] = [
    {
      query: '',
      at: [1, 1],
      message: 'Expected an event category (a name, a string or "any"), found the end of the query.',
    },
    {
      query: 'where true',
      at: [1, 1],
      message: 'Expected an event category (a name, a string or "any"), found "where".',
    },
    {
      query: '`process` where true',
      at: [1, 1],
      message: 'Expected an event category (a name, a string or "any"), found "`process`".',
    },
    { query: 'process.x where true', at: [1, 8], message: 'Expected "where", found ".".' },
    {
      query: 'process where',
      at: [1, 14],
      message: 'Expected a value, a field or "(", found the end of the query.',
    },
    { query: 'process where (a', at: [1, 17], message: 'Expected ")", found the end of the query.' },
    {
      query: 'process where a b',
      at: [1, 17],
      message: 'Expected "and", "or" or the end of the query, found "b".',
    },
    {
      query: 'process where a AND b',
      at: [1, 17],
      message: 'Expected "and", "or" or the end of the query, found "AND".',
      remedy: 'Did you mean "and"? Keywords are lower case.',
    },
    {
      query: 'process where a\n  == 1 and and b',
      at: [2, 12],
      message: 'Expected a value, a field or "(", found "and".',
    },
    { query: 'process where a = 1', at: [1, 17], message: 'Expected "==", found "=".' },
    {
      query: 'process where a == 1 == 2',
      at: [1, 22],
      message: 'Comparisons cannot be chained: expected "and", found "==".',
    },
    {
      query: 'process where a in ()',
      at: [1, 21],
      message: 'Expected a value: a list cannot be empty, found ")".',
    },
    { query: 'process where a in ("x" "y")', at: [1, 25], message: 'Expected "," or ")", found "y".' },
    { query: 'process where a in "x"', at: [1, 20], message: 'Expected "(", found "x".' },
    {
      query: 'process where a not like "x"',
      at: [1, 21],
      message: 'Expected "in" or "in~" behind "not", found "like".',
    },
    { query: 'process where a : b', at: [1, 19], message: 'Expected a literal, found "b".' },
    { query: 'process where a. == 1', at: [1, 18], message: 'Expected a name behind ".", found "==".' },
    {
      query: 'process where ?"x" == a',
      at: [1, 15],
      message: 'Strings that start with ?" are not supported.',
      remedy: 'Use """…""" for a raw string.',
    },
    {
      query: "process where a == 'x'",
      at: [1, 20],
      message: 'Strings stand between double quotes, not single quotes.',
      remedy: 'Write "…".',
    },
    { query: 'process where $1 == 1', at: [1, 15], message: 'Unexpected character "$".' },
    {
      query: 'process where a == "x\n"',
      at: [1, 20],
      message: 'Expected a double quote to end this string, found the end of the line.',
    },
    {
      query: 'process where a == """x""',
      at: [1, 20],
      message: 'Expected """ to end this raw string, found the end of the query.',
    },
    {
      query: 'process where `a == 1',
      at: [1, 15],
      message: 'Expected a backtick to end this name, found the end of the line.',
    },
    {
      query: 'process where `` == 1',
      at: [1, 15],
      message: 'Expected a name between the backticks, found nothing.',
    },
    {
      query: 'process where a /* x /* y */ == 1',
      at: [1, 17],
      message: 'Expected "*/" to end this comment, found the end of the query.',
    },
    {
      query: 'process where a == "\\d"',
      at: [1, 21],
      message: 'Unknown escape \\d; known are \\b \\t \\n \\f \\r \\" \\\' \\\\ and \\u{…}.',
    },
    {
      query: 'process where a == "x\\u{D}"',
      at: [1, 22],
      message: 'Expected 2 to 8 hex digits in \\u{…}, found "D".',
    },
    {
      query: 'process where a == "\\u{123456789}"',
      at: [1, 21],
      message: 'Expected 2 to 8 hex digits in \\u{…}, found "123456789".',
    },
    {
      query: 'process where a == "\\u12"',
      at: [1, 21],
      message: 'Expected braces in a Unicode escape: \\u{2-8 hex digits}.',
    },
    {
      query: 'process where a == "\\u{d800}"',
      at: [1, 21],
      message: '\\u{d800} is a surrogate code, not a character.',
    },
    {
      query: 'process where a == "\\u{110000}"',
      at: [1, 21],
      message: '\\u{110000} is above the last Unicode character, \\u{10ffff}.',
    },
    { query: 'process where "💩" == "💩" §', at: [1, 26], message: 'Unexpected character "§".' },
    {
      query: 'process where a > 1e999',
      at: [1, 19],
      message: 'The number is larger than a double can hold.',
    },
    {
      query: `any where ${'('.repeat(1000)}`,
      at: [1, 211],
      message: 'The query nests deeper than 200 levels.',
    },
    {
      query: `any where ${'not '.repeat(100_000)}a`,
      at: [1, 811],
      message: 'The query nests deeper than 200 levels.',
    },
    {
      query: `any where a${' + 1'.repeat(1000)}`,
      at: [1, 2013],
      message: 'The query has more than 500 arithmetic operators.',
    },
    {
      query: ' '.repeat(1_048_577),
      at: [1, 1_048_577],
      message: 'The query is longer than 1048576 characters.',
    },
  ];
  for (const fault of faults)
    it(JSON.stringify(fault.query.slice(0, 60)), () => assertFault(EqlSyntaxError, fault));

  it('show the line with a caret below the place', () => {
    assert.throws(
      () => parse('process where\n\ta == == 1'),
      (error) => {
        assert.ok(error instanceof EqlSyntaxError);
        assert.equal(error.excerpt, '\ta == == 1\n\t     ^');
        assert.equal(String(error), `2:7: Expected a value, a field or "(", found "==".\n${error.excerpt}`);
        return true;
      },
    );
  });

  it('cut a long line around the place', () => {
    const query = `any where ${'a == 1 and '.repeat(50)}and ${'b == 2 and '.repeat(50)} true`;
    assert.throws(
      () => parse(query),
      (error) => {
        assert.ok(error instanceof EqlSyntaxError);
        const [line = '', caret = ''] = error.excerpt.split('\n');
        assert.ok(line.length <= 130 && line.startsWith('…') && line.endsWith('…'));
        assert.equal(line.slice(caret.length - 1, caret.length + 2), 'and');
        return true;
      },
    );
  });
});

describe('a reserved word as a field', () => {
  for (const word of ['sequence', 'by', 'sample'])
    it(word, () => {
      const message = `"${word}" is a reserved word, not a field.`;
      const remedy = `Write it between backticks: \`${word}\`.`;
      assertFault(EqlSyntaxError, { query: `any where true and ${word} == 1`, at: [1, 20], message, remedy });
      assertFault(EqlSyntaxError, { query: `any where ${word}.x : "a"`, at: [1, 11], message, remedy });
    });
});

describe('sequences, samples and pipes that are refused', () => {
  const two = '[a where true] [b where true]';
  const syntax: Fault[] = [
    { query: 'sequence', at: [1, 9], message: 'Expected "[" or "![", found the end of the query.' },
    {
      query: `sequence with maxspan=1s by x ${two}`,
      at: [1, 26],
      message: 'Expected "[", found "by".',
      remedy: 'Write "by" before "with".',
    },
    {
      query: `sequence with maxspan=x ${two}`,
      at: [1, 23],
      message: 'Expected a whole number with a unit, such as 5m, found "x".',
    },
    { query: `sequence with runs=2 ${two}`, at: [1, 15], message: 'Expected "maxspan", found "runs".' },
    {
      query: 'sequence [a where true] with steps=2 [b where true]',
      at: [1, 30],
      message: 'Expected "runs", found "steps".',
    },
    {
      query: 'sequence [a where true] with runs=x [b where true]',
      at: [1, 35],
      message: 'Expected a whole number from 1 to 100, found "x".',
    },
    { query: 'sequence [a where true b]', at: [1, 24], message: 'Expected "and", "or" or "]", found "b".' },
    {
      query: `sequence ${two} foo`,
      at: [1, 40],
      message: 'Expected "[", "![", "by", "with", "until", a pipe or the end of the query, found "foo".',
    },
    { query: `sequence ${two} | 5`, at: [1, 42], message: 'Expected the name of a pipe, found "5".' },
  ];
  for (const fault of syntax) it(fault.query, () => assertFault(EqlSyntaxError, fault));

  const units = 'Units are ms, s, m, h and d.';
  const verification: Fault[] = [
    { query: `sequence by a * 2 ${two}`, at: [1, 13], message: 'A join key must be a field, found a * 2.' },
    {
      query: `sequence by length(a) ${two}`,
      at: [1, 13],
      message: 'A join key must be a field, found length(a).',
    },
    {
      query: 'sequence by a [x where true] by b [y where true]',
      at: [1, 35],
      message: 'Inconsistent number of join keys: the first term has 2, this has 1.',
    },
    {
      query: `sequence ${two} until [c where true] by x`,
      at: [1, 46],
      message: 'Inconsistent number of join keys: the first term has 0, this has 1.',
    },
    {
      query: `sequence with maxspan=0s ${two}`,
      at: [1, 23],
      message: 'A time span must be a positive whole number.',
    },
    {
      query: `sequence with maxspan=1.5s ${two}`,
      at: [1, 23],
      message: 'A time span must be a whole number.',
    },
    {
      query: `sequence with maxspan=5 ${two}`,
      at: [1, 23],
      message: 'The time span has no unit.',
      remedy: units,
    },
    {
      query: `sequence with maxspan=5w ${two}`,
      at: [1, 24],
      message: 'Unknown time unit "w".',
      remedy: units,
    },
    {
      query: 'sequence [a where true] with runs=0 [b where true]',
      at: [1, 35],
      message: '"runs" must be from 1 to 100, found 0.',
    },
    {
      query: 'sequence [a where true] with runs=101',
      at: [1, 35],
      message: '"runs" must be from 1 to 100, found 101.',
    },
    {
      query: 'sequence [a where true] with runs=100 [a where true] with runs=100 [a where true] with runs=57',
      at: [1, 1],
      message: 'A sequence has at most 256 events, this has 257.',
    },
    { query: 'sequence [a where true]', at: [1, 1], message: 'A sequence needs at least two events.' },
    {
      query: 'sequence [a where true] ![b where true]',
      at: [1, 25],
      message: 'A missing event needs a time span.',
    },
    {
      query: 'sequence with maxspan=1s ![a where true] ![b where true]',
      at: [1, 1],
      message: 'A sequence needs at least one event that is not missing.',
    },
    {
      query: `sequence with maxspan=1s ${two} until ![c where true]`,
      at: [1, 62],
      message: '"until" needs an event that occurs.',
    },
    {
      query: `sequence ${two} until [c where true] with runs=2`,
      at: [1, 46],
      message: '"until" ends with one event: it has no runs.',
    },
    { query: `sequence ${two} fork`, at: [1, 40], message: '"fork" is not supported.' },
    {
      query: `sample with maxspan=1s by x ${two}`,
      at: [1, 8],
      message: 'A sample has no maxspan: its events have no order.',
    },
    { query: `sample ${two}`, at: [1, 1], message: 'A sample needs at least one join key.' },
    { query: 'sample by x [a where true]', at: [1, 1], message: 'A sample needs at least two terms.' },
    {
      query: 'sample by x [a where true] ![b where true]',
      at: [1, 28],
      message: 'A sample has no missing events.',
    },
    {
      query: 'sample by x [a where true] with runs=2 [b where true]',
      at: [1, 13],
      message: 'A sample has no runs: its events have no order.',
    },
    { query: `sample by x ${two} | head 1`, at: [1, 45], message: 'A sample has no pipes.' },
    {
      query: 'any where true | heat 5',
      at: [1, 18],
      message: 'Unknown pipe "heat".',
      remedy: 'Did you mean head?',
    },
    {
      query: 'any where true | wc',
      at: [1, 18],
      message: 'Unknown pipe "wc".',
      remedy: 'Pipes are head, tail.',
    },
    { query: 'any where true | head', at: [1, 18], message: 'The pipe "head" expects one number, found 0.' },
    {
      query: 'any where true | head 1, 2',
      at: [1, 18],
      message: 'The pipe "head" expects one number, found 2.',
    },
    {
      query: 'any where true | head -1',
      at: [1, 23],
      message: 'The pipe "head" expects a whole number from 0 up.',
    },
    {
      query: 'any where true | head 1.5',
      at: [1, 23],
      message: 'The pipe "head" expects a whole number from 0 up.',
    },
    {
      query: 'any where true | tail a',
      at: [1, 23],
      message: 'The pipe "tail" expects a whole number from 0 up.',
    },
    ...['count', 'unique a', 'unique_count a', 'filter true', 'sort a'].map((pipe) => ({
      query: `any where true | ${pipe}`,
      at: [1, 18] as const,
      message: `The pipe "${pipe.split(' ')[0]}" is not supported in this dialect.`,
      remedy: 'Pipes are head, tail.',
    })),
  ];
  for (const fault of verification) it(fault.query, () => assertFault(EqlVerificationError, fault));
});

describe('constructs that cannot be run are refused by name', () => {
  const faults: Fault[] = [
    { query: 'join [a where true] [b where true]', at: [1, 1], message: 'A "join" query is not supported.' },
    {
      query: 'any where descendant of [any where true]',
      at: [1, 11],
      message: 'Lineage ("descendant of") is not supported.',
    },
    {
      query: 'any where $e == 1',
      at: [1, 11],
      message: 'A variable ("$e") is not supported.',
      remedy: 'The endpoint dialect has it.',
    },
    {
      query: 'any where _arraysearch(a, $e, $e == 1)',
      at: [1, 11],
      message: '_arraysearch is not supported.',
    },
    {
      query: 'sequence [a where true] as x [b where true]',
      at: [1, 25],
      message: 'An alias ("as") is not supported.',
    },
    { query: 'any where a[0] == 1', at: [1, 12], message: 'An array index is not supported.' },
  ];
  for (const fault of faults) it(fault.query, () => assertFault(EqlVerificationError, fault));
});
