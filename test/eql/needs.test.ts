import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compile, type LiteralClause } from '../../src/eql/index.ts';
import { Source } from '../../src/eql/source.ts';
import { type Document, read, typed, untyped } from './support/documents.ts';
import { conditions, eventStatement } from './support/trees.ts';

const test = (kind: 'equals' | 'contains', texts: string[], insensitive = false, field = 'a') => ({
  field,
  kind,
  texts,
  insensitive,
});

describe('needs', () => {
  it('names the fields of the condition and the category', () => {
    const needs = compile('process where a == 1 and not (b.c : "x" or ?d == null)', untyped).needs();
    assert.deepEqual([...needs.fields], ['a', 'b.c', 'd']);
    assert.deepEqual([...(needs.categories ?? [])], ['process']);
    assert.equal(compile('any where true', untyped).needs().categories, null);
  });

  const cases: [condition: string, clauses: LiteralClause[]][] = [
    ['a == "X"', [[test('equals', ['X'])]]],
    ['"X" == a', [[test('equals', ['X'])]]],
    ['a : "X"', [[test('equals', ['x'], true)]]],
    ['a in ("x", null, "y")', [[test('equals', ['x', 'y'])]]],
    ['a in~ ("X")', [[test('equals', ['x'], true)]]],
    ['a like ("x*long?y", "z")', [[test('contains', ['long', 'z'])]]],
    ['a : ("x*", "*")', []],
    ['a regex "x.*long(y|z)"', [[test('contains', ['long'])]]],
    ['a regex~ ("X+LONG", "other")', [[test('contains', ['long', 'other'], true)]]],
    ['a regex ("x+", "other")', []],
    ['a == "x" and b == "y"', [[test('equals', ['x'])], [test('equals', ['y'], false, 'b')]]],
    ['a == "x" or b == "y"', [[test('equals', ['x']), test('equals', ['y'], false, 'b')]]],
    ['a == "x" or b != "y"', []],
    [
      '(host.os == "m" and b == "y" and a : "*long*") or a == "x"',
      [[test('equals', ['y'], false, 'b'), test('equals', ['x'])]],
    ],
    ['not a == "x"', []],
    ['a != "x" and a not in ("x")', []],
    ['a == 1 and a == null and a > "x" and a == ""', []],
    ['a == "x" and (?gone == 1 or true)', [[test('equals', ['x'])]]],
  ];
  for (const [condition, clauses] of cases)
    it(condition, () =>
      assert.deepEqual(compile(`any where ${condition}`, untyped).needs().literals, clauses),
    );

  it('claims nothing for fields that are compared otherwise than as text', () => {
    const resolver = typed({ ip: 'ip', date: 'date', number: 'number' });
    const query = 'any where ip == "10.0.0.0/8" and date == "2026-01-01" and number == "4"';
    assert.deepEqual(compile(query, resolver).needs().literals, []);
  });

  it('claims nothing that a matching record does not show', () => {
    const strings = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '*', '?'), maxLength: 3 });
    const leaves = { fields: ['a', 'b'], strings, integers: fc.integer({ min: 0, max: 1 }) };
    const value = fc.oneof(strings, fc.array(strings, { maxLength: 3 }));
    const property = fc.property(
      conditions(leaves),
      fc.record({ a: value, b: value }),
      (condition, document) => {
        const statement = eventStatement(condition);
        const query = { source: new Source(''), dialect: 'elasticsearch', statement } as const;
        const matcher = compile(query, untyped);
        if (matcher.feed(document).length === 0) return;
        for (const clause of matcher.needs().literals) assert.ok(clauseHolds(clause, document));
      },
    );
    fc.assert(property, { numRuns: 5000 });
  });
});

function clauseHolds(clause: LiteralClause, document: Document): boolean {
  return clause.some(({ field, kind, texts, insensitive }) =>
    [read(document, field)].flat().some((value) => {
      const shown = insensitive ? String(value).toLowerCase() : String(value);
      return texts.some((text) => (kind === 'equals' ? shown === text : shown.includes(text)));
    }),
  );
}
