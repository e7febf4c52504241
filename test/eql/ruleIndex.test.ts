import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  compile,
  type Dialect,
  type Document,
  type Evaluation,
  MAX_RECORD_MS,
  MAX_RULE_MS,
  print,
  RuleIndex,
  SLICE_MS,
  Work,
} from '../../src/eql/index.ts';
import { PieceSearch } from '../../src/eql/pieceSearch.ts';
import { untyped } from './support/documents.ts';
import { conditions, eventStatement } from './support/trees.ts';

function indexOf(
  queries: readonly string[],
  work?: Work,
  dialect: Dialect = 'endpoint',
): RuleIndex<number, Document> {
  const options = work === undefined ? {} : { work };
  const index = new RuleIndex<number, Document>(untyped, options);
  for (const [rule, query] of queries.entries())
    index.add(rule, compile(query, untyped, { dialect, ...options }));
  return index;
}

/** The rules that match, each as often as it does. */
function naive(queries: readonly string[], documents: readonly Document[]): string[] {
  return queries.flatMap((query, rule) => {
    const matcher = compile(query, untyped, { dialect: 'endpoint' });
    return documents.flatMap((document, at) => matcher.feed(document).map(() => `${at}:${rule}`));
  });
}

function finish<T>(
  evaluation: Evaluation<T, Document>,
  sliceMs: number,
): { slices: number; longest: number } {
  let [slices, longest] = [0, 0];
  for (let done = false; !done; slices += 1) {
    const started = performance.now();
    done = evaluation.run(sliceMs);
    longest = Math.max(longest, performance.now() - started);
  }
  return { slices, longest };
}

describe('a rule index', () => {
  const strings = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '*', '?'), maxLength: 3 });
  const leaves = { fields: ['a', 'b.c'], strings, integers: fc.integer({ min: 0, max: 1 }) };
  const event = conditions(leaves).map((condition) => print(eventStatement(condition)));
  const simple = fc
    .tuple(
      fc.constantFrom('a', 'b.c'),
      fc.constantFrom('==', ':', 'like', 'regex', 'regex~'),
      fc.constantFrom('a', 'Ab', 'aa'),
    )
    .map(([field, operator, text]) => `process where ${field} ${operator} "${text}"`);
  const sequence = fc
    .array(fc.oneof(event, simple), { minLength: 2, maxLength: 3 })
    .map((terms) => `sequence ${terms.map((term) => `[${term}]`).join(' ')}`);
  const lineage = simple.map((term) => `any where child of [${term}] or a == "b"`);
  const value = fc.oneof(strings, fc.array(strings, { maxLength: 3 }), fc.constant(null), fc.nat(1));
  const document = fc
    .record({
      a: value,
      c: value,
      id: fc.nat(3),
      parent: fc.nat(3),
      category: fc.constantFrom('process', 'file', null),
    })
    .map(({ a, c, id, parent, category }) => ({
      a,
      b: { c },
      process: { entity_id: id, parent: { entity_id: parent } },
      event: { category },
    }));
  const queries = fc.array(fc.oneof(event, simple, sequence, lineage), { maxLength: 12 });

  it('finds what every rule by itself does', () => {
    const property = fc.property(queries, fc.array(document, { maxLength: 12 }), (some, documents) => {
      const index = indexOf(some);
      const found = documents.flatMap((each, at) =>
        index.feed(each).flatMap(({ rule, matches }) => matches.map(() => `${at}:${rule}`)),
      );
      assert.deepEqual(found.sort(), naive(some, documents).sort());
    });
    fc.assert(property, { numRuns: 1500 });
  });

  it('finds the same in slices, over long texts and lists', () => {
    const long = fc.oneof(
      value,
      strings.map((each) => `${'ab'.repeat(5000)}${each}`),
      fc
        .tuple(strings, fc.nat(1200))
        .map(([each, at]) => Array.from({ length: 1200 }, (_, index) => (index === at ? each : 'zz'))),
    );
    const computed = fc.constantFrom(
      'any where length(a) > 4 or endsWith~(b.c, "A")',
      'any where a == b.c',
      'any where _arraysearch(a, $e, $e : "a*" and $e == b.c)',
      'any where concat(a, "x") like ("*ax", "b*")',
      'any where a : ("*aa*b*", "?b*", "*b?a*") or b.c regex "(a|b)*a"',
    );
    const documents = fc.array(
      fc.tuple(document, long, long).map(([each, a, c]) => ({ ...each, a, b: { c } })),
      { maxLength: 4 },
    );
    const property = fc.property(
      fc.array(fc.oneof(event, simple, sequence, computed), { maxLength: 8 }),
      documents,
      (some, list) => {
        const index = indexOf(some, new Work());
        const found = list.flatMap((each, at) => {
          const evaluation = index.start(each);
          finish(evaluation, 0.05);
          assert.deepEqual(evaluation.incomplete, []);
          return evaluation.outcomes.flatMap(({ rule, matches }) => matches.map(() => `${at}:${rule}`));
        });
        assert.deepEqual(found.sort(), naive(some, list).sort());
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it('makes candidates only of rules whose literals occur, in the order in which they were added', () => {
    const index = indexOf([
      'process where name == "curl" and args == "-d"',
      'process where name == "wget"',
      'process where command_line : "*Dump-Keychain*"',
      'process where not name == "curl"',
      'file where path != null',
      'any where args in~ ("-D")',
      'any where event.type == "start" and name : "c*l"',
    ]);
    const event = { category: ['process'], type: 'start' };
    assert.deepEqual(index.candidates({ event, name: 'curl', args: ['x'] }), [0, 3, 6]);
    assert.deepEqual(
      index.candidates({ event, name: 'x', args: ['-d'], command_line: 'a DUMP-KEYCHAIN' }),
      [2, 3, 5],
    );
    assert.deepEqual(index.candidates({}), []);
    assert.equal(index.size, 7);
  });

  it('tells the rules the time', () => {
    const index = indexOf([
      'any where a == 1',
      'sequence with maxspan=1s [any where a == 1] ![any where a == 2]',
    ]);
    assert.deepEqual(
      index.feed({ a: 1, '@timestamp': 1000 }).map(({ rule }) => rule),
      [0],
    );
    assert.deepEqual(index.advance(2000), []);
    assert.deepEqual(
      index.advance(2001).map(({ rule }) => rule),
      [1],
    );
  });

  describe('on a record with 1 MiB of arguments under 300 rules', () => {
    const MIB = 1_048_576;
    /** What may come on top of a slice: one pattern on one long text, and a pause of the collector. */
    const LONGEST_MS = 50;
    const hostile = [
      'process where command_line regex "(a+)+b"',
      'process where command_line regex~ ".*(A|aa)*x[0-9]+"',
      'process where command_line : "*a*a*a*a*a?a*ab"',
      'process where args : ("*a?b", "?*aab*", "*aa?a?*b")',
      'process where args == "x" or args in~ ("Y", "z")',
      'process where length(command_line) > 2000000',
      'process where endsWith~(command_line, "AAAB") or concat(command_line, "x") : "*aabx"',
      'process where not args like ("*a", "a*", "b")',
      'process where _arraysearch(args, $e, $e : "*aab")',
      'process where stringContains~(command_line, "AAB")',
      'sequence by args [process where command_line : "*aab"] [process where true]',
    ];
    const queries = Array.from({ length: 300 }, (_, at) =>
      hostile[at % hostile.length]!.replaceAll('b"', `b${at % 7}"`),
    );
    const event = { category: 'process' };
    const documents: [name: string, document: Document][] = [
      ['as one text', { event, command_line: 'a'.repeat(MIB), args: ['a'.repeat(MIB)] }],
      [
        'of capitals beyond ASCII',
        { event, command_line: 'aAé'.repeat(MIB / 3), args: ['Aé'.repeat(MIB / 2)] },
      ],
      [
        'as a list of single characters',
        {
          event,
          command_line: 'a '.repeat(MIB / 2),
          args: Array.from({ length: MIB / 4 }, () => 'a'),
          parent: { args: Array.from({ length: MIB / 4 }, () => 'c') },
        },
      ],
    ];
    for (const [name, document] of documents)
      it(`${name} takes no longer than ${LONGEST_MS} ms at a time, and what is not done is told`, function () {
        this.timeout(60_000);
        const index = indexOf(queries, new Work());
        const runs = Array.from({ length: 4 }, () => {
          const evaluation = index.start(document);
          return { evaluation, ...finish(evaluation, SLICE_MS) };
        });
        // The best of several: the machine does other things too, and preemption is none of the rules' cost.
        const longest = Math.min(...runs.map((each) => each.longest));
        const { evaluation } = runs[0]!;
        assert.ok(longest < LONGEST_MS, `${longest} ms`);
        const incomplete = new Set(evaluation.incomplete.map(({ rule }) => hostile[rule % hostile.length]!));
        for (const query of incomplete) assert.ok(/regex|concat/.test(query), query);
      });

    it('looks at the clock between rules too', () => {
      const like = Array.from(
        { length: 300 },
        (_, at) => `process where stringContains~(command_line, "AAB${at}")`,
      );
      const index = indexOf(like, new Work());
      const evaluation = index.start({ event, command_line: 'aAé'.repeat(MIB / 3) });
      const { slices } = finish(evaluation, SLICE_MS);
      assert.ok(slices > 10, `${slices} slices`);
    });

    const longParts: [what: string, query: string, args: string[]][] = [
      ['of any characters', `any where a : "*a${'?'.repeat(5_000)}z*"`, ['a'.repeat(MIB)]],
      ['of letters in any case', `any where a : "*${'Ab'.repeat(2_000)}z*"`, ['ab'.repeat(MIB / 2)]],
      [
        'over many values',
        `any where a : "*a${'?'.repeat(2_000)}z*"`,
        Array<string>(262).fill('a'.repeat(4_000)),
      ],
      ['in a regular expression', `any where a regex~ ".*${'a'.repeat(5_000)}b.*"`, ['a'.repeat(MIB)]],
    ];
    for (const [what, query, a] of longParts)
      it(`takes no longer than ${LONGEST_MS} ms at a time for a long part of a pattern ${what}`, () => {
        const index = indexOf([query], new Work());
        const runs = Array.from({ length: 4 }, () => finish(index.start({ a }), SLICE_MS));
        const longest = Math.min(...runs.map((each) => each.longest));
        assert.ok(longest < LONGEST_MS, `${longest} ms`);
      });

    it('tells of a text beyond what arguments can be, and of a regular expression too dear for it', () => {
      const index = indexOf(
        ['any where a : "*x*y"', 'any where a regex ".*x(a.{200}|b.{300})c.*"'],
        new Work(),
      );
      const evaluation = index.start({ a: `x${'ab'.repeat(MIB / 2)}` });
      finish(evaluation, SLICE_MS);
      assert.deepEqual(
        evaluation.incomplete.map(({ rule }) => rule),
        [0, 1],
      );
      // Whoever does not ask for slices gets an answer, however long it takes.
      assert.equal(index.feed({ a: `x${'ab'.repeat(MIB / 2)}y` }).length, 1);
      const shorter = index.start({ a: `x${'abc'.repeat(MIB / 8)}` });
      finish(shorter, SLICE_MS);
      assert.deepEqual(
        shorter.incomplete.map(({ rule }) => rule),
        [1],
      );
    });

    it('gives a rule up that takes too long by itself, and all when they do together', function () {
      this.timeout(60_000);
      const index = indexOf(
        Array.from({ length: 8 }, () => 'any where a == b'),
        new Work(),
      );
      const list = (value: string) => Array.from({ length: 200_000 }, () => value);
      const evaluation = index.start({ a: list('x'), b: list('y') });
      const { longest } = finish(evaluation, SLICE_MS);
      assert.ok(longest < LONGEST_MS, `${longest} ms`);
      const reasons = evaluation.incomplete.map(({ reason }) => reason);
      assert.equal(reasons.length, 8);
      assert.equal(reasons[0], `it took more than ${MAX_RULE_MS} ms`);
      assert.equal(reasons.at(-1), `all rules together took more than ${MAX_RECORD_MS} ms`);
    });
  });
});

describe('a search for pieces', () => {
  it('finds all that occur, whatever their case', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'A', 'b', 'é', '💩'), maxLength: 12 });
    const pieces = fc.uniqueArray(
      fc.string({ unit: fc.constantFrom('a', 'b', 'é', '💩'), minLength: 1, maxLength: 4 }),
      { maxLength: 8 },
    );
    const property = fc.property(pieces, text, (some, each) => {
      const found = new Set<number>();
      new PieceSearch(some).search(each, (piece) => found.add(piece));
      const expected = some.flatMap((piece, at) => (each.toLowerCase().includes(piece) ? [at] : []));
      assert.deepEqual(
        [...found].sort((a, b) => a - b),
        expected,
      );
    });
    fc.assert(property, { numRuns: 3000 });
  });
});
