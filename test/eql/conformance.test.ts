import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { type Document, EqlError, type Match, parse, search } from '../../src/eql/index.ts';
import { read } from './support/documents.ts';

interface Cases {
  readonly id_field: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, readonly Document[]>>;
  readonly cases: readonly {
    name: string;
    query: string;
    data: string;
    expected: readonly number[];
    join_keys?: readonly string[];
  }[];
  readonly series: readonly { name: string; stages: readonly string[][]; expected: readonly string[] }[];
  readonly parse: {
    readonly positive: readonly string[];
    readonly negative: readonly (readonly [query: string, reason: string])[];
    readonly unicode_escapes: readonly (readonly [escape: string, value: string])[];
    readonly strings: readonly (readonly [literal: string, value: string])[];
  };
}

const CASES = new URL('../../../shared/data/eql/cases.json', import.meta.url);

function idsOf(matches: readonly Match<Document>[], idField: string): number[] {
  return matches.flatMap(({ events }) =>
    events.map((event) => (event === null ? -1 : Number(read(event, idField)))),
  );
}

/** `A1` is stage A's event at second 1, `key|A1` has a join key, which a result shows once. */
function runSeries({ stages }: Cases['series'][number]): string[] {
  const names = [...new Set(stages.flat())];
  const keyed = names.some((name) => name.includes('|'));
  const documents = names.map((name) => {
    const [key = '', event = name] = name.includes('|') ? name.split('|') : [undefined, name];
    const stage = stages.flatMap((row, index) => (row.includes(name) ? [index] : []));
    return { '@timestamp': Number(event.slice(1)) * 1000, name, key, stage };
  });
  const terms = stages.map((_, index) => `[any where stage == ${index}]`);
  const matches = search(`sequence ${keyed ? 'by key ' : ''}${terms.join(' ')}`, documents);
  return matches.map(({ events }) => {
    const [first = '', ...rest] = events.map((event) => String(event?.name));
    return [first, ...rest.map((name) => name.split('|').at(-1))].join(' ');
  });
}

describe('cases with known answers', () => {
  let cases: Cases;

  before(function () {
    if (!existsSync(CASES)) {
      console.log(`      no cases at ${CASES.pathname}`);
      this.skip();
    }
    cases = JSON.parse(readFileSync(CASES, 'utf8')) as Cases;
  });

  it('give their events, in order, with their keys', () => {
    for (const each of cases.cases) {
      const matches = search(each.query, cases.data[each.data]!);
      assert.deepEqual(
        idsOf(matches, cases.id_field[each.data]!),
        each.expected,
        `${each.name}: ${each.query}`,
      );
      if (each.join_keys === undefined) continue;
      assert.deepEqual(
        matches.flatMap((match) => match.joinKeys),
        each.join_keys,
        each.name,
      );
    }
  });

  it('of the sequence matcher give their sequences', () => {
    for (const each of cases.series)
      assert.deepEqual(runSeries(each).sort(), [...each.expected].sort(), each.name);
  });

  it('to accept are accepted', () => {
    for (const query of cases.parse.positive) assert.doesNotThrow(() => parse(query), query);
  });

  it('to refuse are refused with a place', () => {
    for (const [query, reason] of cases.parse.negative)
      assert.throws(
        () => parse(query),
        (error) => error instanceof EqlError && error.column >= 1,
        `${query}: ${reason}`,
      );
  });

  it('of strings have their values', () => {
    const escapes = cases.parse.unicode_escapes.map(([code, value]) => [`"${code}"`, value] as const);
    for (const [literal, value] of [...escapes, ...cases.parse.strings]) {
      const { query } = parse(`any where x == ${literal}`).statement;
      assert.ok(query.kind === 'event' && query.condition.kind === 'comparison');
      assert.ok(query.condition.right.kind === 'literal');
      assert.equal(query.condition.right.value, value, literal);
    }
  });
});
