import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Counters,
  compile,
  DEFAULT_LIMITS,
  type Document,
  type Match,
  type Matcher,
  StateBudget,
  search,
} from '../../src/eql/index.ts';
import { read, untyped } from './support/documents.ts';
import { type ModelEvent, type ModelSequence, modelSequences } from './support/sequenceModel.ts';

/** `a1` is an event of kind a at second 1, `a1x` one with the key x, `a1xy` one with two. */
function eventOf(name: string): Document {
  const [, kind, second, keys = ''] = /^([a-z])([\d.]+)([a-z]*)$/.exec(name)!;
  const key = keys.length > 1 ? Array.from(keys) : keys === '' ? null : keys;
  return { name, kind, '@timestamp': Number(second) * 1000, key };
}

function namesOf(matches: readonly Match<Document>[]): string[] {
  return matches.map(({ events }) =>
    events.map((event) => (event?.name as string | undefined) ?? '-').join(' '),
  );
}

/** Terms by their kinds: `a b` is `[any where kind == "a"] [any where kind == "b"]`. */
function query(text: string): string {
  return text.replace(/\b[a-f]\b/g, (kind) => `[any where kind == "${kind}"]`);
}

function run(text: string, events: string): string[] {
  return namesOf(search(query(text), events.split(' ').map(eventOf)));
}

type Row = [text: string, events: string, ...sequences: string[]];

function table(rows: readonly Row[]): void {
  for (const [text, events, ...sequences] of rows)
    it(`${text} on ${events}`, () => assert.deepEqual(run(text, events), sequences));
}

describe('sequences', () => {
  describe('stages', () => {
    table([
      ['sequence a b', 'a1 b2', 'a1 b2'],
      ['sequence a b', 'b1 a2'],
      ['sequence a b', 'a1 b2 b3', 'a1 b2'],
      ['sequence a b', 'a1 a2 b3 b4', 'a2 b3'],
      ['sequence a a', 'a1 a2 a3', 'a1 a2', 'a2 a3'],
      ['sequence a a a', 'a1 a2 a3 a4', 'a1 a2 a3', 'a2 a3 a4'],
      ['sequence a b c', 'a1 b2 b3 c4', 'a1 b2 c4'],
      ['sequence a b', 'a1 b1', 'a1 b1'],
      ['sequence a with runs=3', 'a1 a2 a3 a4', 'a1 a2 a3', 'a2 a3 a4'],
      ['sequence a with runs = 2 b', 'a1 a2 b3', 'a1 a2 b3'],
    ]);
  });

  describe('keys', () => {
    table([
      ['sequence by key a b', 'a1x a2y b3x b4y', 'a1x b3x', 'a2y b4y'],
      ['sequence by key a b', 'a1x b2'],
      ['sequence by key a b', 'a1 b2'],
      ['sequence by ?key a b', 'a1 b2 a3x b4', 'a1 b2'],
      ['sequence by key a b', 'a1xy b2y b3x', 'a1xy b2y', 'a1xy b3x'],
      ['sequence by key a b', 'a1yx b2xy', 'a1yx b2xy', 'a1yx b2xy'],
      ['sequence a by key b by key', 'a1x b2y b3x', 'a1x b3x'],
    ]);

    it('are given with the match, and compared with their types', () => {
      const events = [
        { kind: 'a', k: 1, l: ['p', 'q'] },
        { kind: 'b', k: '1', l: 'p' },
        { kind: 'b', k: 1n, l: 'q' },
        { kind: 'b', k: 1, l: ['p', 'p', null] },
      ];
      const matches = search(query('sequence by k, l a b'), events);
      assert.deepEqual(
        matches.map((match) => match.joinKeys),
        [
          [1, 'q'],
          [1, 'p'],
        ],
      );
      assert.deepEqual(search(query('sequence a b'), events)[0]!.joinKeys, []);
    });

    it('are a choice of each field’s values, up to a bound that is counted', () => {
      const values = Array.from({ length: 40 }, (_, index) => index);
      const limits = { ...DEFAULT_LIMITS, maxKeyTuples: 100 };
      const matcher = compile(query('sequence by k, l a b'), untyped, { limits });
      matcher.feed({ kind: 'a', k: values, l: values });
      assert.equal(matcher.feed({ kind: 'b', k: values, l: values }).length, 100);
      assert.equal(matcher.counters().droppedTuples, 2 * 1500);
    });
  });

  describe('maxspan', () => {
    table([
      ['sequence with maxspan=2s a b', 'a1 b3', 'a1 b3'],
      ['sequence with maxspan=2s a b', 'a1 b3.001'],
      ['sequence with maxspan=2s a b c', 'a1 b2 c3 a4 b5 c7', 'a1 b2 c3'],
      ['sequence with maxspan=2s a b', 'a1 b4 b5 a6 b7', 'a6 b7'],
      ['sequence with maxspan=500ms a b', 'a1 b1.5 a2 b2.6', 'a1 b1.5'],
      ['sequence with maxspan=1m a b', 'a1 b61', 'a1 b61'],
      ['sequence with maxspan=1h a b', 'a1 b3602'],
      ['sequence with maxspan=1d a b', 'a1 b86401', 'a1 b86401'],
    ]);
  });

  describe('until', () => {
    table([
      ['sequence a b until c', 'a1 c2 b3'],
      ['sequence a b until c', 'a1 c2 a3 b4', 'a3 b4'],
      ['sequence by key a b until c', 'a1x a2y c3x b4x b5y', 'a2y b5y'],
      ['sequence a b until b', 'a1 b2', 'a1 b2'],
      ['sequence a b until a', 'a1 b2'],
      ['sequence a b c until b', 'a1 b2 c3'],
    ]);
  });

  describe('missing events', () => {
    table([
      ['sequence with maxspan=10s a !b c', 'a1 c3', 'a1 - c3'],
      ['sequence with maxspan=10s a !b c', 'a1 b2 c3 c4'],
      ['sequence with maxspan=10s a !b c', 'a1 b1 c3', 'a1 - c3'],
      ['sequence with maxspan=10s a !b c', 'a1 b3 c3', 'a1 - c3'],
      ['sequence with maxspan=10s a !b c', 'a1 b2 b3 c3'],
      ['sequence with maxspan=2s !b a c', 'b1 a2 c3 b4 a5 c7', '- a5 c7'],
      ['sequence with maxspan=2s !b a with runs=1', 'b1 a1 b2 a3 a5', '- a1', '- a5'],
      ['sequence with maxspan=2s a !b', 'a1 b3 a4 b7 a8', 'a4 -', 'a8 -'],
      ['sequence with maxspan=2s a !b', 'a1 b1', 'a1 -'],
      ['sequence with maxspan=2s !b a !b', 'b1 a2 b3 a4 b8 a9', '- a4 -', '- a9 -'],
      ['sequence with maxspan=2s !b a !b', 'a2 b3', '- a2 -'],
      ['sequence by key with maxspan=2s a !b', 'a1x a1y b2x', 'a1y -'],
      ['sequence with maxspan=9s a !b with runs=2 c', 'a1 c3', 'a1 - - c3'],
    ]);
  });

  it('agree with a slow model', () => {
    const kinds = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 2 });
    const term = fc.record({
      kinds,
      missing: fc.constantFrom(false, false, true),
      runs: fc.constantFrom(1, 1, 1, 2),
    });
    const sequence = fc.record({
      terms: fc.array(term, { minLength: 1, maxLength: 5 }),
      until: fc.option(kinds, { nil: undefined, freq: 2 }),
      maxSpan: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    });
    const keys = fc.constantFrom(['x'], ['y'], ['x', 'y'], []);
    const step = fc.record({
      kind: fc.constantFrom('a', 'b', 'c', 'd'),
      gap: fc.constantFrom(0, 1, 1, 2, 4),
      keys,
    });
    const runnable = sequence.filter(({ terms, maxSpan }) => {
      const count = terms.reduce((sum, each) => sum + each.runs, 0);
      const isMissing = terms.some((each) => each.missing);
      return count >= 2 && terms.some((each) => !each.missing) && (!isMissing || maxSpan !== undefined);
    });
    const property = fc.property(runnable, fc.array(step, { maxLength: 25 }), (some, steps) => {
      let time = 0;
      const events = steps.map(({ kind, gap, keys: own }, id) => {
        time += gap;
        return { id, kind, keys: own, time };
      });
      const expected = modelSequences(some, events);
      const documents = events.map((event) => ({ ...event, '@timestamp': event.time * 1000 }));
      const found = search(textOf(some), documents);
      assert.deepEqual(idsOf(found), expected);
      assert.deepEqual(sorted(stream(textOf(some), documents)), sorted(expected));
    });
    fc.assert(property, { numRuns: 3000 });
  });
});

function textOf({ terms, until, maxSpan }: ModelSequence): string {
  const condition = (kinds: readonly string[]) => `[any where kind in ("${kinds.join('", "')}")]`;
  const parts = terms.map(
    ({ kinds, missing, runs }) => `${missing ? '!' : ''}${condition(kinds)} with runs=${runs}`,
  );
  const span = maxSpan === undefined ? '' : ` with maxspan=${maxSpan}s`;
  return `sequence by keys${span} ${parts.join(' ')}${until === undefined ? '' : ` until ${condition(until)}`}`;
}

const idsOf = (matches: readonly Match<Document>[]): (number | null)[][] =>
  matches.map(({ events }) => events.map((event) => (event === null ? null : Number(event.id))));

const sorted = (ids: readonly (number | null)[][]): string[] =>
  ids.map((each) => JSON.stringify(each)).sort();

/** As an agent runs it: record by record, then the passing of time. */
function stream(text: string, documents: readonly (Document & ModelEvent)[]): (number | null)[][] {
  const matcher = compile(text, untyped);
  const found = documents.flatMap((document) => matcher.feed(document));
  return idsOf([...found, ...matcher.advance(10_000_000)]);
}

describe('search', () => {
  const ids = (matches: readonly Match<Document>[]) =>
    matches.map(({ events }) => events.map((each) => each?.id ?? null));

  it('orders documents by time, then the tiebreaker, those without it last, then as they came', () => {
    const documents = [
      { id: 1, '@timestamp': '2026-01-01T00:00:02Z' },
      { id: 2, '@timestamp': '2026-01-01T00:00:01.000001Z', event: { sequence: 9 } },
      { id: 3, '@timestamp': '2026-01-01T00:00:01Z' },
      { id: 4, '@timestamp': 1767225601000, event: { sequence: 10 } },
      { id: 5, '@timestamp': '2026-01-01T00:00:01Z', 'event.sequence': 2 },
      { id: 6, '@timestamp': '2026-01-01T01:00:01+01:00' },
    ];
    assert.deepEqual(ids(search('any where true', documents)).flat(), [5, 4, 3, 6, 2, 1]);
  });

  it('leaves a document without a time behind the one before it', () => {
    const documents = [
      { id: 1 },
      { id: 2, '@timestamp': 2000 },
      { id: 3 },
      { id: 4, '@timestamp': 1000 },
      { id: 5 },
    ];
    assert.deepEqual(ids(search('any where true', documents)).flat(), [1, 4, 5, 2, 3]);
    assert.deepEqual(ids(search('any where true', [{ id: 2 }, { id: 1 }])).flat(), [2, 1]);
  });

  it('reads nested objects, dotted keys, and objects in arrays', () => {
    const documents = [
      { id: 1, process: { parent: { name: 'x' } } },
      { id: 2, 'process.parent.name': 'x' },
      { id: 3, process: { 'parent.name': ['y', 'x'] } },
      { id: 4, 'process.parent': [{ name: 'y' }, { name: 'x' }] },
      { id: 5, process: { parent: { name: { x: 'x' } } } },
    ];
    assert.deepEqual(ids(search('any where process.parent.name == "x"', documents)).flat(), [1, 2, 3, 4]);
  });

  it('takes a ?field that no document has as null, another as missing where it is', () => {
    const documents = [{ id: 1, a: 'x' }, { id: 2 }];
    const rows: [condition: string, found: number[]][] = [
      ['?a != "y"', [1, 2]],
      ['?b != "y"', []],
      ['b != "y"', [1, 2]],
      ['not ?b : "y"', []],
      ['?b == ?c', [1, 2]],
      ['?b == null', [1, 2]],
    ];
    for (const [condition, found] of rows)
      assert.deepEqual(ids(search(`any where ${condition}`, documents)).flat(), found, condition);
    const schema = (name: string) => (name === 'b' ? 'string' : undefined);
    assert.deepEqual(ids(search('any where ?b != "y"', documents, { schema })).flat(), [1, 2]);
  });

  it('checks types against the schema it is given, and reads the fields it is told to', () => {
    const documents = [
      { id: 1, kind: 'p', at: 2000, n: 1 },
      { id: 2, kind: 'p', at: 1000, n: 2 },
    ];
    const options = { categoryField: 'kind', timeField: 'at', tiebreakerField: 'n' };
    assert.deepEqual(ids(search('p where at > "1970-01-01"', documents, options)).flat(), [2, 1]);
    assert.throws(
      () => search('any where n : "4"', documents, { schema: () => 'number' }),
      /compares strings/,
    );
  });

  describe('head and tail', () => {
    const rows: [pipes: string, found: number[]][] = [
      ['head 2', [1, 2]],
      ['tail 2', [4, 5]],
      ['head 4 | tail 2', [3, 4]],
      ['tail 4 | head 1', [2]],
      ['head 0', []],
      ['tail 0', []],
      ['head 1 + 1', [1, 2]],
      ['tail 100', [1, 2, 3, 4, 5]],
    ];
    for (const [pipes, found] of rows)
      it(pipes, () => {
        const documents = [1, 2, 3, 4, 5].map((id) => ({ id }));
        assert.deepEqual(ids(search(`any where true | ${pipes}`, documents)).flat(), found);
      });
  });

  it('sorts sequences by their last event even where a missing event is decided later', () => {
    const text = 'sequence by key with maxspan=9s a with runs=2 !b | head 1';
    assert.deepEqual(run(text, 'a1x a5y a6y a7x'), ['a5y a6y -']);
  });
});

describe('a sample', () => {
  const documents = [
    { id: 1, kind: 'a', host: 'x', os: 'm' },
    { id: 2, kind: 'b', host: 'x', os: 'm' },
    { id: 3, kind: 'a', host: 'x', os: 'l' },
    { id: 4, kind: 'b', host: null, os: 'm' },
    { id: 5, kind: 'a', os: 'm' },
    { id: 6, kind: 'a', host: ['z', 'y'], os: 'm' },
    { id: 7, kind: 'b', host: ['y', 'z'], os: 'm' },
  ];
  const rows: [text: string, found: [number[], unknown[]][]][] = [
    [
      'sample by host a b',
      [
        [[1, 2], ['x']],
        [[6, 7], ['y']],
        [[6, 7], ['z']],
      ],
    ],
    [
      'sample by ?host a b',
      [
        [[5, 4], [null]],
        [[1, 2], ['x']],
        [[6, 7], ['y']],
        [[6, 7], ['z']],
      ],
    ],
    [
      'sample by host b a',
      [
        [[2, 1], ['x']],
        [[7, 6], ['y']],
        [[7, 6], ['z']],
      ],
    ],
    [
      'sample a by host, os b by host, os',
      [
        [
          [1, 2],
          ['x', 'm'],
        ],
        [
          [6, 7],
          ['y', 'm'],
        ],
        [
          [6, 7],
          ['z', 'm'],
        ],
      ],
    ],
    ['sample by host a a', [[[1, 3], ['x']]]],
  ];
  for (const [text, found] of rows)
    it(text, () => {
      const matches = search(query(text), documents);
      assert.deepEqual(
        matches.map(({ events, joinKeys }) => [events.map((event) => event?.id), joinKeys]),
        found,
      );
    });

  it('chooses otherwise where the earliest document of one term is the only one of another', () => {
    const overlapping = [
      { id: 1, k: 1, t: ['a', 'b'] },
      { id: 2, k: 1, t: 'a' },
    ];
    const text = 'sample by k [any where t == "a"] [any where t == "b"]';
    const [match, ...others] = search(text, overlapping);
    assert.deepEqual(
      match!.events.map((event) => event?.id),
      [2, 1],
    );
    assert.equal(others.length, 0);
  });

  it('of many like terms is chosen, or given up, at once', () => {
    const term = '[any where true]';
    const many = Array.from({ length: 30 }, (_, id) => ({ id, k: 1 }));
    assert.equal(search(`sample by k ${term.repeat(30)}`, many)[0]!.events.length, 30);
    assert.deepEqual(search(`sample by k ${term.repeat(30)}`, many.slice(1)), []);
  });

  it('says that a stream never ends, as do pipes that wait for the end', () => {
    const message = (text: string) => compile(query(text), untyped).warnings.map((each) => each.message);
    assert.deepEqual(message('sample by k a b'), [
      'A sample is known only when the input ends: a stream that goes on gives no match.',
    ]);
    assert.match(message('sequence a b | tail 1')[0]!, /^What "tail" lets through is known only/);
    assert.deepEqual(message('sequence a b | head 1'), []);
  });

  it('is known when the stream ends, and keeps no more keys than its bound', () => {
    const matcher = compile(query('sample by k a b'), untyped, { limits: { ...DEFAULT_LIMITS, maxKeys: 1 } });
    for (const k of [1, 2]) for (const kind of ['a', 'b']) assert.deepEqual(matcher.feed({ k, kind }), []);
    assert.deepEqual(matcher.advance(1e15), []);
    assert.deepEqual(
      matcher.end().map((match) => match.joinKeys),
      [[1]],
    );
    assert.equal(matcher.counters().droppedKeys, 2);
  });
});

describe('a stream of sequences', () => {
  const feedAll = (matcher: Matcher<Document>, events: string) =>
    namesOf(events.split(' ').flatMap((name) => matcher.feed(eventOf(name))));
  const counted = (matcher: Matcher<Document>): Partial<Counters> =>
    Object.fromEntries(Object.entries(matcher.counters()).filter(([, count]) => count !== 0));

  it('keeps the order of arrival: an event with an earlier time is simultaneous, and counted', () => {
    const matcher = compile(query('sequence with maxspan=5s a b'), untyped);
    assert.deepEqual(feedAll(matcher, 'a10 b8'), ['a10 b8']);
    assert.deepEqual(counted(matcher), { lateEvents: 1 });
  });

  it('closes what is open when the clock is set back by more than the span', () => {
    const matcher = compile(query('sequence with maxspan=5s a b'), untyped);
    assert.deepEqual(feedAll(matcher, 'a10 b4 a5 b6'), ['a5 b6']);
    assert.deepEqual(counted(matcher), { lateEvents: 1, closedSequences: 1 });
    const trailing = compile(query('sequence with maxspan=5s a !b'), untyped);
    assert.deepEqual(feedAll(trailing, 'a10 b1'), ['a10 -']);
  });

  it('decides on a trailing missing event when the time has passed', () => {
    const matcher = compile(query('sequence with maxspan=5s a !b'), untyped);
    assert.deepEqual(feedAll(matcher, 'a1'), []);
    assert.deepEqual(matcher.advance(6000), []);
    assert.deepEqual(namesOf(matcher.advance(6001)), ['a1 -']);
    assert.deepEqual(matcher.advance(60_000), []);
    assert.deepEqual(feedAll(matcher, 'a70 a90'), ['a70 -']);
    assert.deepEqual(namesOf(matcher.end()), ['a90 -']);
  });

  it('gives the same empty list for every record that no term takes', () => {
    const matcher = compile(query('sequence a b'), untyped);
    assert.equal(matcher.feed(eventOf('f1')), matcher.feed(eventOf('f2')));
  });

  it('drops the keys that were used least recently beyond its bound, and counts them', () => {
    const matcher = compile(query('sequence by key a b c'), untyped, {
      limits: { ...DEFAULT_LIMITS, maxKeys: 2 },
    });
    assert.deepEqual(feedAll(matcher, 'a1x a2y b3x a4z b5y c5y c6x b7z c8z'), ['a1x b3x c6x', 'a4z b7z c8z']);
    assert.deepEqual(counted(matcher), { droppedKeys: 1 });
  });

  it('forgets keys when their span has passed, so they take no room', () => {
    const limits = { ...DEFAULT_LIMITS, maxKeys: 2 };
    const matcher = compile(query('sequence by key with maxspan=1s a b'), untyped, { limits });
    assert.deepEqual(feedAll(matcher, 'a1x a1y a3z b3z a5x b5x'), ['a3z b3z', 'a5x b5x']);
    assert.deepEqual(counted(matcher), {});
  });

  it('shares a budget of bytes with others, gives it back, and counts what does not fit', () => {
    const budget = new StateBudget(3000);
    const options = { budget, sizeOf: () => 1000 };
    const [one, other] = [0, 1].map(() => compile(query('sequence by key a b'), untyped, options));
    assert.deepEqual(feedAll(one!, 'a1x'), []);
    assert.deepEqual(feedAll(other!, 'a1x'), []);
    assert.ok(budget.usedBytes > 2000);
    assert.deepEqual(feedAll(one!, 'a2y b3x b3y'), ['a2y b3y']);
    assert.deepEqual(counted(one!), { droppedKeys: 1 });
    assert.deepEqual(feedAll(other!, 'b4x'), ['a1x b4x']);
    assert.equal(budget.usedBytes, 0);
    const full = compile(query('sequence a b'), untyped, { budget: new StateBudget(10) });
    assert.deepEqual(feedAll(full, 'a1 b2'), []);
    assert.deepEqual(counted(full), { droppedKeys: 1 });
  });

  it('keeps no more candidates waiting for a trailing event than its bound', () => {
    const limits = { ...DEFAULT_LIMITS, maxKeys: 2 };
    const matcher = compile(query('sequence by key with maxspan=9s a !b'), untyped, { limits });
    assert.deepEqual(feedAll(matcher, 'a1x a2y a3z'), []);
    assert.deepEqual(namesOf(matcher.end()), ['a2y -', 'a3z -']);
    assert.deepEqual(counted(matcher), { droppedKeys: 1 });
  });

  it('needs what any of its terms needs', () => {
    const needs = compile(
      'sequence by k [process where a == "x"] [file where b : "Y*long"] until [network where c == "z"]',
      untyped,
    ).needs();
    assert.deepEqual([...needs.fields], ['a', 'b', 'c', 'k']);
    assert.deepEqual([...(needs.categories ?? [])], ['process', 'file', 'network']);
    assert.deepEqual(
      needs.literals.map((clause) => clause.map((test) => test.texts)),
      [[['x'], ['long'], ['z']]],
    );
    assert.deepEqual(compile('sequence [any where true] [any where a == "x"]', untyped).needs().literals, []);
  });

  it('warns where no event can have a time', () => {
    const { warnings } = compile(query('sequence with maxspan=1s a b'), {
      field: (name) => (name === 'kind' ? untyped.field(name) : undefined),
    });
    assert.deepEqual(
      warnings.map((warning) => warning.message),
      ['The field of the time is in no known schema: no span is ever exceeded.'],
    );
  });

  it('asks for a filter for every term', () => {
    const asked: string[] = [];
    const termFilter = (fields: ReadonlySet<string>) => {
      asked.push([...fields].join());
      return (document: Document) => read(document, 'skip') !== true;
    };
    const matcher = compile(query('sequence a b'), untyped, { termFilter });
    matcher.feed({ kind: 'a' });
    assert.equal(matcher.feed({ kind: 'b', skip: true }).length, 0);
    assert.equal(matcher.feed({ kind: 'b' }).length, 1);
    assert.deepEqual(asked, ['kind', 'kind']);
  });
});
