import fc from 'fast-check';
import type { Expression, Statement } from '../../../src/eql/index.ts';

/** Trees in tests have no place in a text. */
export const NOWHERE = { start: 0, end: 0 };

/** The tree without the places of its nodes. */
export function withoutSpans(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(withoutSpans);
  if (typeof tree !== 'object' || tree === null) return tree;
  const entries = Object.entries(tree).filter(([key]) => key !== 'span');
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutSpans(value)]));
}

export interface Leaves {
  readonly fields: readonly string[];
  readonly strings: fc.Arbitrary<string>;
  readonly integers: fc.Arbitrary<number | bigint>;
  /** Whether arithmetic and calls of functions occur too. */
  readonly computed?: boolean;
  /** Whether lineage and searches of arrays occur too. */
  readonly endpoint?: boolean;
}

/** Conditions that the checker accepts without a schema: what it refuses by type cannot come out. */
export function conditions({
  fields,
  strings,
  integers,
  computed = false,
  endpoint = false,
}: Leaves): fc.Arbitrary<Expression> {
  const span = NOWHERE;
  const string = strings.map((value) => ({ kind: 'literal', type: 'string', value, span }) as const);
  const integer = integers.map((value) => ({ kind: 'literal', type: 'integer', value, span }) as const);
  const decimal = fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((value) => ({ kind: 'literal', type: 'decimal', value, span }) as const);
  const nothing = fc.constant({ kind: 'literal', type: 'null', value: null, span } as const);
  const truth = fc.boolean().map((value) => ({ kind: 'literal', type: 'boolean', value, span }) as const);
  const field = fc
    .record({ name: fc.constantFrom(...fields), optional: fc.boolean() })
    .map((each) => ({ kind: 'field', of: null, ...each, span }) as const);
  const value = fc.oneof(string, integer, decimal, nothing, truth);
  const ordered = fc.oneof(string, integer, decimal);
  const equality = fc
    .record({ operator: fc.constantFrom('==', '!='), left: field, right: value })
    .map((each) => ({ kind: 'comparison', ...each, span }) as Expression);
  const ordering = fc
    .record({ operator: fc.constantFrom('<', '<=', '>', '>='), left: ordered, right: field })
    .map((each) => ({ kind: 'comparison', ...each, span }) as Expression);
  const comparisons = computed ? [computedComparison(field, fc.oneof(integer, decimal), string)] : [];
  const list = (item: fc.Arbitrary<Expression>) => fc.array(item, { minLength: 1, maxLength: 6 });
  const membership = fc
    .record({ operand: field, negated: fc.boolean(), values: list(value) })
    .map((each) => ({ kind: 'in', ...each, insensitive: false, span }) as Expression);
  const insensitive = fc
    .record({ operand: field, negated: fc.boolean(), values: list(string) })
    .map((each) => ({ kind: 'in', ...each, insensitive: true, span }) as Expression);
  const pattern = fc
    .record({ operator: fc.constantFrom(':', 'like', 'like~'), operand: field, patterns: list(string) })
    .map((each) => ({ kind: 'pattern', ...each, span }) as Expression);
  const { condition } = fc.letrec<{ condition: Expression }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(...comparisons, equality, ordering, membership, insensitive, pattern, field, truth, nothing),
      ...(endpoint ? [arraySearch(field, tie('condition')), lineage(strings, tie('condition'))] : []),
      tie('condition').map((operand) => ({ kind: 'not', operand, span }) as Expression),
      fc
        .record({
          kind: fc.constantFrom('and', 'or'),
          operands: fc.array(tie('condition'), { minLength: 2, maxLength: 4 }),
        })
        .map((each) => ({ ...each, span }) as Expression),
      fc
        .record({
          operator: fc.constantFrom('==', '!='),
          left: tie('condition'),
          right: fc.oneof(truth, nothing),
        })
        .map((each) => ({ kind: 'comparison', ...each, span }) as Expression),
    ),
  }));
  return condition;
}

/** `_arraysearch(field, $e, condition and $e.f : "x")`. */
function arraySearch(
  array: fc.Arbitrary<Expression>,
  condition: fc.Arbitrary<Expression>,
): fc.Arbitrary<Expression> {
  const span = NOWHERE;
  const element = { kind: 'field', of: '$e', name: 'f', optional: false, span } as const;
  const text = { kind: 'literal', type: 'string', value: 'x', span } as const;
  const test = { kind: 'pattern', operator: ':', operand: element, patterns: [text], span } as const;
  return fc.record({ array, variable: fc.constant('$e'), inner: condition }).map(
    ({ inner, ...each }) =>
      ({
        kind: 'arraySearch',
        ...each,
        condition: { kind: 'and', operands: [inner, test], span },
        span,
      }) as Expression,
  );
}

function lineage(
  categories: fc.Arbitrary<string>,
  condition: fc.Arbitrary<Expression>,
): fc.Arbitrary<Expression> {
  const span = NOWHERE;
  return fc
    .record({
      relation: fc.constantFrom('descendant', 'child', 'event'),
      category: fc.option(categories),
      condition,
    })
    .map(
      ({ relation, ...query }) =>
        ({ kind: 'lineage', relation, query: { kind: 'event', ...query, span }, span }) as Expression,
    );
}

/** `number operator number`, of sums, products, signs, and functions that give a number. */
function computedComparison(
  field: fc.Arbitrary<Expression>,
  number: fc.Arbitrary<Expression>,
  string: fc.Arbitrary<Expression>,
): fc.Arbitrary<Expression> {
  const span = NOWHERE;
  const call = (name: string, insensitive: boolean, ...args: fc.Arbitrary<Expression>[]) =>
    fc.tuple(...args).map((each) => ({ kind: 'call', name, insensitive, args: each, span }) as Expression);
  const { value } = fc.letrec<{ value: Expression }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(field, number),
      fc
        .record({
          operator: fc.constantFrom('+', '-', '*', '/', '%'),
          left: tie('value'),
          right: tie('value'),
        })
        .map((each) => ({ kind: 'arithmetic', ...each, span }) as Expression),
      // A sign before a literal is a part of it.
      fc
        .oneof(field, call('length', false, string), call('add', false, tie('value'), tie('value')))
        .map((operand) => ({ kind: 'negate', operand, span }) as Expression),
      call('INDEXOF', true, field, string, tie('value')),
    ),
  }));
  return fc
    .record({ operator: fc.constantFrom('==', '<'), left: value, right: value })
    .map((each) => ({ kind: 'comparison', ...each, span }) as Expression);
}

/** A statement that is one event query. */
export function eventStatement(condition: Expression, category: string | null = null): Statement {
  const query = { kind: 'event', category, condition, span: NOWHERE } as const;
  return { kind: 'statement', query, pipes: [], span: NOWHERE };
}

/** Statements of every kind, as the parser makes them; not all of them pass the checker. */
export function statements(leaves: Leaves): fc.Arbitrary<Statement> {
  const span = NOWHERE;
  const event = fc.record({
    kind: fc.constant('event' as const),
    category: fc.option(leaves.strings),
    condition: conditions(leaves),
    span: fc.constant(span),
  });
  const key = fc
    .record({ name: fc.constantFrom(...leaves.fields), optional: fc.boolean() })
    .map((each) => ({ kind: 'field' as const, of: null, ...each, span }));
  const keys = fc.array(key, { maxLength: 2 });
  const term = fc
    .record({ missing: fc.boolean(), query: event, by: keys, runs: fc.integer({ min: 1, max: 3 }) })
    .map((each) => ({ kind: 'term' as const, ...each, alias: null, span }));
  const terms = fc.array(term, { minLength: 1, maxLength: 3 });
  const duration = fc
    .record({ count: fc.integer({ min: 1, max: 1000 }), unit: fc.constantFrom('ms', 's', 'm', 'h', 'd') })
    .map((each) => ({ kind: 'duration' as const, ...each, span }));
  const sequence = fc
    .record({ by: keys, maxSpan: fc.option(duration), terms, until: fc.option(term) })
    .map((each) => ({ kind: 'sequence' as const, ...each, span }));
  const sample = fc.record({ by: keys, terms }).map((each) => ({ kind: 'sample' as const, ...each, span }));
  const pipe = fc
    .record({ name: fc.constantFrom('head', 'tail'), args: fc.array(conditions(leaves), { maxLength: 2 }) })
    .map((each) => ({ kind: 'pipe' as const, ...each, span }));
  return fc
    .record({ query: fc.oneof(event, sequence, sample), pipes: fc.array(pipe, { maxLength: 2 }) })
    .map((each) => ({ kind: 'statement' as const, ...each, span }));
}
