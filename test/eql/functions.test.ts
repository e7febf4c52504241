import assert from 'node:assert/strict';
import { MAX_CONCAT_LENGTH } from '../../src/eql/functions.ts';
import { compile, EqlVerificationError, parse, RuleIndex, Work } from '../../src/eql/index.ts';
import { type Document, matches, typed, untyped } from './support/documents.ts';

const document: Document = {
  s: 'explorer.exe',
  text: 'welcome to event query language',
  n: 7,
  zero: 0,
  half: 3.5,
  truth: true,
  ip: ['10.6.48.157', 'fe80::1'],
  args: ['security', 'dump-keychain', '-d'],
  numbers: [1, 2, 3],
  big: 9007199254740993n,
  empty: [],
};

/** Each expression has its value, computed from literals (by folding) or from the document. */
function values(rows: readonly [expression: string, value: string][]): void {
  for (const [expression, value] of rows)
    it(`${expression} is ${value}`, () => {
      const test = value === 'null' ? `${expression} == null` : `${expression} == ${value}`;
      const options = { dialect: 'endpoint' } as const;
      assert.equal(matches(`any where ${test}`, document, untyped, options), true);
    });
}

describe('arithmetic', () => {
  values([
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['7 / 2', '3'],
    ['-7 / 2', '-3'],
    ['7 % -2', '1'],
    ['-7 % 2', '-1'],
    ['7.0 / 2', '3.5'],
    ['n / 2', '3'],
    ['n / 2.0', '3.5'],
    ['(n + 0.0) / 2', '3.5'],
    ['7 / 3 * 3.0', '6'],
    ['half * 2', '7'],
    ['half % 2', '1.5'],
    ['-n', '-7'],
    ['-(-n)', 'n'],
    ['- - 3', '3'],
    ['3 - -3', '6'],
    ['2 * -length(s)', '-24'],
    ['n / zero', 'null'],
    ['n % 0', 'null'],
    ['1.0 / 0', 'null'],
    ['missing + 1', 'null'],
    ['-missing', 'null'],
    ['s + 1', 'null'],
    ['big + 1', '9007199254740994'],
    ['big - big', '0'],
    ['9007199254740991 + 2', '9007199254740993'],
    ['9223372036854775807 + 1', 'null'],
    ['9223372036854775807 * 1', '9223372036854775807'],
    ['numbers * 2', '4'],
    ['numbers + numbers', '6'],
    ['add(n, 1)', '8'],
    ['subtract(n, 1)', '6'],
    ['multiply(6, 5)', '30'],
    ['divide(30, 4.0)', '7.5'],
    ['divide(30, 4)', '7'],
    ['MODULO(11, 10)', '1'],
    ['add(1, null)', 'null'],
  ]);

  it('compares with an unknown result as with a missing field', () => {
    assert.equal(matches('any where n / zero > 1', document), false);
    assert.equal(matches('any where not (n / zero > 1)', document), true);
    assert.equal(matches('any where n / zero != 1', document), true);
  });
});

describe('functions', () => {
  values([
    ['between("welcome to event", " ", " ")', '"to"'],
    ['between(text, " ", " ", true)', '"to event query"'],
    ['between(text, " ", " ", false)', '"to"'],
    ['between(text, "", " ")', '"welcome"'],
    ['between(text, "query ", "", true)', '"language"'],
    ['between(text, "QUERY ", "E")', 'null'],
    ['between~(text, "QUERY ", "UAGE")', '"lang"'],
    ['between(text, "language", "welcome")', 'null'],
    ['between(text, "language", "welcome", true)', 'null'],
    ['between(text, "nowhere", " ")', 'null'],
    ['between(missing, " ", " ")', 'null'],
    ['cidrMatch("10.6.48.157", "10.0.0.0/8")', 'true'],
    ['cidrMatch("10.6.48.157", "192.168.0.0/16", "10.6.48.157")', 'true'],
    ['cidrmatch(ip, "FE80::/10")', 'true'],
    ['cidrMatch(ip, "::1", "FF00::/8")', 'false'],
    ['cidrMatch("not an address", "0.0.0.0/0")', 'false'],
    ['cidrMatch(missing, "0.0.0.0/0")', 'null'],
    ['cidrMatch(ip, null)', 'null'],
    ['concat("a", 1, true, 2.5)', '"a1true2.5"'],
    ['concat(5.0)', '"5.0"'],
    ['concat(s, ":", n)', '"explorer.exe:7"'],
    ['concat(s, missing)', 'null'],
    ['concat("a", null)', 'null'],
    ['concat(args, "!")', '"-d!"'],
    ['endsWith(s, ".exe")', 'true'],
    ['endsWith(s, ".EXE")', 'false'],
    ['endsWith~(s, ".EXE")', 'true'],
    ['endsWith(s, "")', 'true'],
    ['endswith(args, "chain")', 'true'],
    ['endsWith(missing, "x")', 'null'],
    ['indexOf(s, "plorer.")', '2'],
    ['indexOf(s, "PLORER.")', 'null'],
    ['indexOf~(s, "PLORER.", 2)', '2'],
    ['indexOf(s, "plorer.", 3)', 'null'],
    ['indexOf(s, "plorer.", -5)', '2'],
    ['indexOf(s, "plorer.", null)', '2'],
    ['indexOf(s, "")', '0'],
    ['indexOf(s, "", 4)', '4'],
    ['indexOf(s, "", 400)', 'null'],
    ['indexOf(s, "x", 400)', 'null'],
    ['length(s)', '12'],
    ['length("")', '0'],
    ['length("💩")', '2'],
    ['length(missing)', 'null'],
    ['length(args)', '13'],
    ['number("17")', '17'],
    ['number("-17")', '-17'],
    ['number(" +17 ")', '17'],
    ['number("1.5")', '1.5'],
    ['number("1e3")', '1000'],
    ['number("7.0") / 2', '3.5'],
    ['number("0x32")', '50'],
    ['number("0x32", null)', '50'],
    ['number("0x32", 16)', '50'],
    ['number("-0x32", 16)', '-50'],
    ['number("0x32", 10)', 'null'],
    ['number("ff", 16)', '255'],
    ['number("52403", 7)', '12890'],
    ['number("9", 8)', 'null'],
    ['number("1", 1)', 'null'],
    ['number("9007199254740993")', '9007199254740993'],
    ['number("")', 'null'],
    ['number("seven")', 'null'],
    ['number(missing)', 'null'],
    ['startsWith(s, "expl")', 'true'],
    ['STARTSWITH~(s, "EXPL")', 'true'],
    ['startsWith(s, "EXPL")', 'false'],
    ['startsWith("explorer.exe and more", s)', 'true'],
    ['startsWith(s, missing)', 'null'],
    ['string(n)', '"7"'],
    ['string(half)', '"3.5"'],
    ['string(7.0)', '"7.0"'],
    ['string(truth)', '"true"'],
    ['string(big)', '"9007199254740993"'],
    ['string(missing)', 'null'],
    ['stringContains(s, "plore")', 'true'],
    ['stringContains(s, "PLORE")', 'false'],
    ['stringContains~(s, "PLORE")', 'true'],
    ['stringContains(s, "")', 'false'],
    ['substring(s, 1, 3)', '"xp"'],
    ['substring(s, -4)', '".exe"'],
    ['substring(s, -4, -1)', '".ex"'],
    ['substring(s, null, 3)', '"exp"'],
    ['substring(s, 3, null)', '"lorer.exe"'],
    ['substring(s, -100, 100)', '"explorer.exe"'],
    ['substring(s, 5, 2)', '""'],
    ['substring(missing, 0)', 'null'],
  ]);

  const conditions: [condition: string, matched: boolean][] = [
    ['length(args) > 12', true],
    ['length(args) > 13', false],
    ['length(args) != 2', false],
    ['not startsWith(missing, "x")', true],
    ['startsWith(missing, "x") == false', false],
    ['substring(s, 0, 3) : ("EXP", "x*")', true],
    ['string(n) in~ ("7")', true],
    ['string(n) like "?"', true],
    ['concat(args, numbers) == "-d3"', true],
    ['length(empty) == null and length(?gone) == null', true],
    ['n in (add(3, 4))', true],
  ];
  for (const [condition, matched] of conditions)
    it(`${condition} is ${matched}`, () =>
      assert.equal(matches(`any where ${condition}`, document), matched));

  it('of an unknown ?field are null, and fold', () => {
    const schema = typed({ s: 'string' });
    assert.equal(matches('any where not startsWith(?gone, "x")', document, schema), false);
    assert.equal(matches('any where length(?gone) == null', document, schema), true);
    assert.equal(matches('any where indexOf(s, "plorer", ?gone) == 2', document, schema), true);
  });

  it('make no text beyond a bound, and no more combinations of values than one', () => {
    const long = { s: 'x'.repeat(MAX_CONCAT_LENGTH / 2) };
    assert.equal(matches('any where length(concat(s, s)) > 0', long), true);
    assert.equal(matches('any where length(concat(s, s, "y")) > 0', long), false);
  });

  it('take every combination of the values of several fields, or say that they do not', () => {
    const list = (name: string, length: number) => Array.from({ length }, (_, at) => `${name}${at}`);
    const wide = { a: list('a', 1100), b: list('b', 1100) };
    assert.equal(matches('any where concat(a, b) == "a1099b1099"', wide), true);
    assert.equal(matches('any where not startsWith(a, b)', wide), true);
    assert.throws(
      () => matches('any where concat(a, b, b) == "x"', wide),
      /can be combined in 1331000000 ways/,
    );
  });

  it('are not computed in slices for more combinations than can be held, which is told', () => {
    const work = new Work();
    const index = new RuleIndex<string, Document>(untyped, { work });
    index.add('rule', compile('any where concat(a, a, a) == "x"', untyped, { work }));
    const evaluation = index.start({ a: Array.from({ length: 1000 }, (_, at) => `a${at}`) });
    while (!evaluation.run());
    assert.deepEqual(
      evaluation.incomplete.map(({ rule }) => rule),
      ['rule'],
    );
    assert.match(evaluation.incomplete[0]!.reason, /can be combined in 1000000000 ways/);
  });
});

describe('calls', () => {
  const faults: [condition: string, fault: string, remedy?: string][] = [
    ['length() == 1', '1: length expects 1 argument, found 0.'],
    ['Length(a, b) == 1', '1: length expects 1 argument, found 2.'],
    ['cidrMatch(a)', '1: cidrMatch expects at least 2 arguments, found 1.'],
    ['substring(a) == "x"', '1: substring expects 2 or 3 arguments, found 1.'],
    ['between(a, "x") == "x"', '1: between expects 3 or 4 arguments, found 2.'],
    ['concat() == "x"', '1: concat expects at least 1 argument, found 0.'],
    ['startsWith(1, "FOO")', '12: startsWith expects a string as its source, found 1, which is a number.'],
    ['length(n) == 1', '8: length expects a string as its source, found n, which is a number.'],
    ['add(1, s) == 1', '8: add expects a number as its right, found s, which is a string.'],
    [
      'between(s, "a", "b", 1) == "x"',
      '22: between expects a boolean as its greedy, found 1, which is a number.',
    ],
    [
      'cidrMatch(n, "::1")',
      '11: cidrMatch expects an IP address as its address, found n, which is a number.',
    ],
    [
      'cidrMatch(s, "10.0.0.0/40")',
      '14: cidrMatch expects an address or a network such as "10.0.0.0/8", found "10.0.0.0/40".',
    ],
    ['cidrMatch(s, s)', '14: cidrMatch expects an address or a network such as "10.0.0.0/8", found s.'],
    ['length(s)', '1: Expected a condition, found length(s), which is a number.'],
    ['length(s) == "x"', '14: Cannot compare length(s), which is a number, with "x", which is a string.'],
    ['string(n) == 1', '14: Cannot compare string(n), which is a string, with 1, which is a number.'],
    ['n + s == 1', '5: Expected a number, found s, which is a string.'],
    ['-s == 1', '2: Expected a number, found s, which is a string.'],
    ['length~(s) == 1', '1: length has no form with "~".', 'Write length(…).'],
    ['strtsWith(s, "x")', '1: Unknown function strtsWith.', 'Did you mean startsWith?'],
    ['arrayContains(s, "x")', '1: Unknown function arrayContains.'],
    ['wildcard(s, "x*")', '1: Unknown function wildcard.'],
    [
      'length(s) == length(s)',
      '14: A field can be compared only with constants in the elasticsearch dialect.',
    ],
  ];
  for (const [condition, fault, remedy] of faults)
    it(condition, () => {
      const resolver = typed({ s: 'string', n: 'number', a: 'string', b: 'string' });
      assert.throws(
        () => compile(`any where ${condition}`, resolver),
        (error) => {
          assert.ok(error instanceof EqlVerificationError, String(error));
          assert.equal(`${error.column - 10}: ${error.message}`, fault);
          if (remedy !== undefined) assert.equal(error.remedy, remedy);
          return true;
        },
      );
    });

  it('are checked for names, arguments and literals without a schema', () => {
    for (const condition of ['length() == 1', 'wildcard(a, "x")', 'startsWith(1, "x")', '-"x" == 1'])
      assert.throws(() => parse(`any where ${condition}`), EqlVerificationError);
  });
});
