import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { compile, EqlError, EqlVerificationError, parse } from '../../src/eql/index.ts';
import { type Document, read, untyped } from './support/documents.ts';

interface Cases {
  readonly id_field: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, readonly Document[]>>;
  readonly cases: readonly { name: string; query: string; data: string; expected: readonly number[] }[];
  readonly parse: {
    readonly positive: readonly string[];
    readonly negative: readonly (readonly [query: string, reason: string])[];
    readonly unicode_escapes: readonly (readonly [escape: string, value: string])[];
    readonly strings: readonly (readonly [literal: string, value: string])[];
  };
}

const CASES = new URL('../../../shared/data/eql/cases.json', import.meta.url);

/** undefined where the query needs what cannot be run; any other fault is the test's. */
function run({ query, data }: Cases['cases'][number], { id_field, data: sets }: Cases): number[] | undefined {
  const idField = id_field[data] ?? assert.fail(`no id field for ${data}`);
  try {
    const matcher = compile(query, untyped);
    const matched = sets[data]!.flatMap((document) => matcher.feed(document)).flatMap(
      (match) => match.events,
    );
    return matched.map((event) => (event === null ? -1 : Number(read(event, idField))));
  } catch (error) {
    if (error instanceof EqlVerificationError && / (is|are) not supported/.test(error.message))
      return undefined;
    throw error;
  }
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

  it('give their events', () => {
    let ran = 0;
    for (const each of cases.cases) {
      const ids = run(each, cases);
      if (ids === undefined) continue;
      ran += 1;
      assert.deepEqual(ids, each.expected, `${each.name}: ${each.query}`);
    }
    assert.ok(ran >= 25, `only ${ran} cases were run`);
  });

  it('to accept are accepted, or refused for a construct by name', () => {
    for (const query of cases.parse.positive) {
      try {
        parse(query);
      } catch (error) {
        assert.ok(error instanceof EqlVerificationError, `${query}\n${String(error)}`);
        assert.match(error.message, /not supported/);
      }
    }
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
      const { condition } = parse(`any where x == ${literal}`).statement;
      assert.ok(condition.kind === 'comparison' && condition.right.kind === 'literal');
      assert.equal(condition.right.value, value, literal);
    }
  });
});
