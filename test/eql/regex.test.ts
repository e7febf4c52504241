import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decimalRange } from '../../src/eql/decimalRange.ts';
import { EqlVerificationError, parse } from '../../src/eql/index.ts';
import { compileRegex } from '../../src/eql/regex.ts';
import { translateRegex } from '../../src/eql/regexSyntax.ts';
import { matches } from './support/documents.ts';

const fits = (pattern: string, text: string, insensitive = false) =>
  compileRegex([pattern], 'lucene', insensitive)(text);

describe('regular expressions of Lucene', () => {
  const rows: [pattern: string, taken: string[], refused: string[]][] = [
    ['', [''], ['a']],
    ['abc', ['abc'], ['ab', 'abcd', 'ABC']],
    ['a.c', ['abc', 'a\nc', 'a💩c'], ['ac', 'abbc']],
    ['ab?c*d+', ['ad', 'abccdd'], ['abbd', 'a']],
    ['.*?net1[ ]+x.*?', ['net1 x', 'a net1   xb'], ['net1x']],
    ['a{2}', ['aa'], ['a', 'aaa']],
    ['a{2,}', ['aa', 'aaaaa'], ['a']],
    ['a{1,2}b{0}', ['a', 'aa'], ['aaa', 'ab']],
    ['(ab|c)d', ['abd', 'cd'], ['ad']],
    ['a()b', ['ab'], ['a()b']],
    ['ab|cd', ['ab', 'cd'], ['abd']],
    ['a**', ['', 'aaa'], ['b']],
    ['[abc-]x', ['-x', 'bx'], ['dx']],
    ['[^a-c]', ['d', '\n', '^'], ['b', '']],
    ['[a-c.*]', ['.', '*', 'b'], ['x']],
    ['[]a]', [']', 'a'], ['']],
    ['[\\]\\\\]', [']', '\\'], ['a']],
    ['[\\d_]+', ['12_3'], ['a', 'd']],
    ['[^\\w]', ['-', ' '], ['a', '_', '7']],
    ['[\\D]', ['a'], ['7']],
    ['\\d\\D\\w\\W\\s\\S', ['1a_- x'], ['aa_- x', '1a_-xx']],
    ['\\s', [' ', '\t', '\n', '\r'], ['\f', '\u00a0']],
    ['\\S\\W', ['a\u00a0'], [' a']],
    ['\\_\\-\\/\\.\\+\\=\\(\\{\\n', ['_-/.+=({n'], ['_-/x+=({n']],
    ['^a$', ['^a$'], ['a']],
    ['"a.*"b', ['a.*b'], ['axb']],
    ['""', [''], ['""']],
    ['a@b', ['ab', 'a\n\nb'], ['a@']],
    ['a#|b', ['b'], ['a#', 'a']],
    ['<1-31>', ['1', '31', '007'], ['0', '32', '']],
    ['v<08-12>', ['v08', 'v12'], ['v8', 'v13', 'v008']],
    ['\\~\\&\\@\\#\\<\\"\\>', ['~&@#<">'], ['']],
    ['a>b]c}', ['a>b]c}'], ['abc']],
    ['é💩+', ['é💩💩'], ['é']],
  ];
  for (const [pattern, taken, refused] of rows)
    it(pattern === '' ? 'the empty pattern' : pattern, () => {
      for (const text of taken) assert.equal(fits(pattern, text), true, text);
      for (const text of refused) assert.equal(fits(pattern, text), false, text);
    });

  it('with ~ fold the letters of ASCII, but not ranges', () => {
    assert.equal(fits('net1 [ -~]+ LOCAL', 'NET1 x local', true), true);
    assert.equal(fits('[abc]"Q"', 'Bq', true), true);
    assert.equal(fits('[^a]', 'A', true), false);
    assert.equal(fits('[a-c]', 'B', true), false);
    assert.equal(fits('k', '\u212a', true), false);
    assert.equal(fits('É', 'é', true), false);
  });

  it('in a list are alternatives, however many', () => {
    const many = Array.from({ length: 3000 }, (_, index) => `start${index}[a-z]*`);
    const test = compileRegex(many, 'lucene', false);
    assert.equal(test('start2999abc'), true);
    assert.equal(test('start3000'), false);
    assert.equal(compileRegex(['a|b', 'c'], 'lucene', false)('ac'), false);
  });

  it('agree with RegExp on what both write alike', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', 'c', '-', '/');
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        atom,
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `${a}${b}`),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(${a}|${b})`),
        fc
          .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{0,1}', '{1,}'))
          .map(([a, sign]) => `(${a})${sign}`),
      ),
    }));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n', '-'), maxLength: 6 });
    const property = fc.property(pattern, text, (some, each) => {
      assert.equal(fits(some, each), new RegExp(`^(?:${some})$`, 's').test(each));
    });
    fc.assert(property, { numRuns: 3000 });
  });

  it('name a text that every match holds', () => {
    const rows: [pattern: string, literal: string][] = [
      ['.*net1 +local.*', 'local'],
      ['.*Net1[ ]+"LOCAL".*', 'local'],
      ['a|b', ''],
      ['abc?', 'ab'],
      ['x\\.y', 'x.y'],
      ['(abc)+', ''],
    ];
    for (const [pattern, literal] of rows)
      assert.equal(translateRegex(pattern, 'lucene', true).literal, literal, pattern);
  });
});

describe('a range of numbers', () => {
  it('takes just those', () => {
    const bound = fc.oneof(fc.nat(40), fc.nat(3000));
    const property = fc.property(bound, bound, fc.nat(3500), (one, other, number) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      const range = new RegExp(`^(?:${decimalRange(String(one), String(other))})$`);
      const sameLength = String(low).length === String(high).length;
      assert.equal(range.test(String(number)), number >= low && number <= high);
      if (number >= low && number <= high) assert.equal(range.test(`0${number}`), !sameLength);
    });
    fc.assert(property, { numRuns: 3000 });
  });
});

describe('regular expressions on the result of a function', () => {
  const rows: [condition: string, matched: boolean][] = [
    ['substring(s, 0) regex "^a.c$"', true],
    ['substring(s, 0) regex "a.c"', true],
    ['substring(s, 0) regex "a"', false],
    ['substring(s, 3) regex "."', false],
    ['substring(t, 0) regex """~@#<"&"""', true],
    ['substring(s, 0) regex~ "[A-B]B(?:c|d)"', true],
    ['concat(s, "\\t") regex """\\w+\\t"""', true],
    ['concat(s, "\\t") regex """ab\\x63\\u0009"""', true],
    ['concat(s, "\\f") regex """.*\\s"""', true],
  ];
  for (const [condition, matched] of rows)
    it(`${condition} is ${matched}`, () => {
      const document = { s: 'abc', t: '~@#<"&', n: '\n' };
      assert.equal(
        matches(`any where ${condition.replace('substring(s, 3)', 'concat(n)')}`, document),
        matched,
      );
    });
});

describe('patterns that are refused', () => {
  const rows: [pattern: string, message: string, remedy?: string][] = [
    ['a~b', 'at character 2: Complement (~) is not supported.', 'Write \\~ for the character itself.'],
    ['a&b', 'at character 2: Intersection (&) is not supported.', 'Write \\& for the character itself.'],
    [
      '*a',
      'at character 1: Nothing stands before "*" that it could repeat.',
      'Write \\* for the character itself.',
    ],
    ['💩(a', 'at character 2: Expected ")" to end this group.'],
    ['a)b', 'at character 2: Expected the end of the pattern, found ")".'],
    ['a|', 'at character 3: Expected a character or a group, found the end of the pattern.'],
    ['a|*', 'at character 3: Nothing stands before "*" that it could repeat.'],
    ['[a', 'at character 1: Expected "]" to end this class.'],
    ['[c-a]', 'at character 2: The range c-a is empty.'],
    ['a{', 'at character 2: Expected "{n}", "{n,}" or "{n,m}".'],
    ['a{3,2}', 'at character 2: {3,2} allows no count.'],
    ['a{1001}', 'at character 2: A count can be 1000 at most.'],
    [
      '((a{100}){100}){100}',
      'at character 15: The pattern is larger than 10000 characters when counts are written out.',
    ],
    ['(a{50}){50}', 'at character 1: error parsing regexp: invalid repeat count: `{50,50}`.'],
    ['a\\', 'at character 2: Expected a character behind "\\".'],
    [
      '"a',
      'at character 1: Expected a double quote to end this quotation.',
      'Write \\" for the character itself.',
    ],
    [
      '<a>',
      'at character 1: Expected a range of numbers such as "<1-31>".',
      'Write \\< for the character itself.',
    ],
    [`${'('.repeat(101)}a${')'.repeat(101)}`, 'at character 101: Groups nest deeper than 100 levels.'],
  ];
  const java: [pattern: string, message: string][] = [
    ['(?=a)', 'at character 1: Look-around, named groups and flags are not supported.'],
    ['a++', 'at character 2: Possessive quantifiers are not supported.'],
    ['[a&&b]', 'at character 3: Classes inside classes are not supported.'],
    ['\\bx', 'at character 1: \\b is not supported.'],
  ];
  const refuse = (operand: string, pattern: string, message: string, remedy?: string) =>
    it(pattern.slice(0, 40), () => {
      assert.throws(
        () => parse(`any where ${operand} regex """${pattern}"""`),
        (error) => {
          assert.ok(error instanceof EqlVerificationError, String(error));
          assert.equal(error.message, `In this regular expression, ${message}`);
          if (remedy !== undefined) assert.equal(error.remedy, remedy);
          return true;
        },
      );
    });
  for (const [pattern, message, remedy] of rows) refuse('a', pattern, message, remedy);
  for (const [pattern, message] of java) refuse('string(a)', pattern, message);
});
