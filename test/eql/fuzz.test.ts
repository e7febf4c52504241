import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compile, EqlError, parse, print, search } from '../../src/eql/index.ts';
import { KEYWORDS, PUNCTUATION } from '../../src/eql/tokens.ts';
import { untyped } from './support/documents.ts';
import { statements } from './support/trees.ts';

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
  '$e',
  '_arraysearch(',
  'descendant of [any where a]',
  'maxspan=1m',
  'runs=2',
  'as e',
  'e.a',
  'length(',
  '[any where a]',
  '![any where a]',
  'head 1',
  'events[1].a',
];

const DIALECTS = ['elasticsearch', 'endpoint', 'python'] as const;

describe('any text', () => {
  const piece = fc.constantFrom(...words, ...KEYWORDS, ...PUNCTUATION);
  const text = fc.oneof(
    fc.array(piece, { maxLength: 20 }).map((each) => `sequence [any where a] ${each.join(' ')}`),
    fc
      .array(piece, { maxLength: 8 })
      .map((each) => `any where a regex "${each.join('').replace(/["\\\n]/g, '')}"`),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }).map((each) => `any where ${each}`),
    fc.array(piece, { maxLength: 25 }).map((each) => each.join(' ')),
    fc.array(piece, { maxLength: 25 }).map((each) => `any where ${each.join('')}`),
  );

  it('parses, or gives an error at a place in the text', () => {
    const property = fc.property(text, fc.constantFrom(...DIALECTS), (query, dialect) => {
      try {
        compile(parse(query, { dialect }), untyped).feed({ a: ['s', 1], process: { name: 't' } });
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

describe('any query of the grammar', () => {
  const strings = fc.string({ unit: fc.constantFrom('a', 'A', '*', '?', '\\', '"', '(', '['), maxLength: 3 });
  const leaves = {
    computed: true,
    fields: ['a', 'b.c', 'd'],
    strings,
    integers: fc.integer({ min: -9, max: 9 }),
  };
  const scalar = fc.oneof(strings, fc.integer({ min: -9, max: 9 }), fc.boolean(), fc.constant(null));
  const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.record({ c: scalar }));
  const document = fc.record(
    { a: value, b: value, d: value, '@timestamp': fc.nat(20_000) },
    { requiredKeys: [] },
  );

  it('runs over any documents and leaves state that can be stored, or is refused at a place', () => {
    const documents = fc.array(document, { maxLength: 6 });
    const property = fc.property(
      statements(leaves),
      documents,
      fc.constantFrom(...DIALECTS),
      (statement, some, dialect) => {
        const query = print(statement);
        try {
          const matcher = compile(query, untyped, { dialect });
          for (const each of some) matcher.feed(each);
          const snapshot: unknown = JSON.parse(JSON.stringify(matcher.snapshot()));
          assert.equal(compile(query, untyped, { dialect }).restore(snapshot), true);
          matcher.advance(60_000);
          matcher.end();
          for (const match of search(query, some, { dialect })) assert.ok(Array.isArray(match.events));
        } catch (error) {
          assert.ok(error instanceof EqlError, String(error));
          assert.ok(error.line >= 1 && error.column >= 1);
        }
      },
    );
    fc.assert(property, { numRuns: 3000 });
  });
});
