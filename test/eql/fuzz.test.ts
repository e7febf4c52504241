import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compile, EqlError, parse } from '../../src/eql/index.ts';
import { KEYWORDS, PUNCTUATION } from '../../src/eql/tokens.ts';
import { untyped } from './support/documents.ts';

const words = [
  'a',
  'process.name',
  '`q r`',
  '"s*"',
  '"""t"""',
  '"',
  '`',
  '1',
  '2.5',
  '//',
  '/*',
  '*/',
  "'",
  '\\',
  '\n',
  'f~',
  '💩',
  '$',
];

describe('any text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }).map((each) => `any where ${each}`),
    fc
      .array(fc.constantFrom(...words, ...KEYWORDS, ...PUNCTUATION), { maxLength: 25 })
      .map((each) => each.join(' ')),
    fc
      .array(fc.constantFrom(...words, ...KEYWORDS, ...PUNCTUATION), { maxLength: 25 })
      .map((each) => `any where ${each.join('')}`),
  );

  it('parses, or gives an error at a place in the text', () => {
    const property = fc.property(text, (query) => {
      try {
        compile(parse(query, { dialect: 'endpoint' }), untyped).feed({ a: ['s', 1], process: { name: 't' } });
      } catch (error) {
        assert.ok(error instanceof EqlError, String(error));
        const lines = query.split(/\r\n|\r|\n/);
        assert.ok(Number.isInteger(error.line) && error.line >= 1 && error.line <= lines.length);
        const { length } = Array.from(lines[error.line - 1]!);
        assert.ok(Number.isInteger(error.column) && error.column >= 1 && error.column <= length + 1);
        assert.equal(error.excerpt.split('\n').at(-1)!.trim(), '^');
        assert.match(error.message, /\.$/);
      }
    });
    fc.assert(property, { numRuns: 10_000 });
  });
});
