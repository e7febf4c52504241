import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compile, type Dialect, type Document, EqlSnapshotError, type Match } from '../../src/eql/index.ts';
import { untyped } from './support/documents.ts';

const idsOf = (matches: readonly Match<Document>[]) =>
  matches.map(({ events, joinKeys }) => [...events.map((event) => event?.id ?? null), ...joinKeys]);

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a snapshot', () => {
  const queries: [query: string, dialect: Dialect][] = [
    [
      'sequence by k with maxspan=4s [any where t == "a"] [any where t == "b"] [any where t == "c"]',
      'elasticsearch',
    ],
    [
      'sequence by ?k [any where t == "a"] with runs=2 [any where t == "b"] until [any where t == "c"]',
      'elasticsearch',
    ],
    [
      'sequence by k with maxspan=4s ![any where t == "c"] [any where t == "a"] ![any where t == "b"]',
      'elasticsearch',
    ],
    [
      'sequence by k with maxspan=4s [any where t == "a"] ![any where t == "c"] [any where t == "b"]',
      'elasticsearch',
    ],
    ['sequence by k [any where t == "a"] as e [any where t == "b" and id > e.id]', 'endpoint'],
    ['sample by k [any where t == "a"] [any where t == "b"]', 'elasticsearch'],
    ['any where child of [any where t == "a"]', 'endpoint'],
    ['any where descendant of [any where t == "a"] | head 2', 'endpoint'],
    ['any where t == "a" | tail 2', 'elasticsearch'],
  ];
  for (const [query, dialect] of queries)
    it(`of ${query} goes on as if nothing had happened`, () => {
      const step = fc.record({
        t: fc.constantFrom('a', 'b', 'c'),
        k: fc.constantFrom<unknown>('x', 1, null, ['x', 1]),
        gap: fc.constantFrom(0, 1, 3),
        parent: fc.nat(9),
      });
      const property = fc.property(fc.array(step, { maxLength: 20 }), fc.nat(20), (steps, cut) => {
        let time = 0;
        const documents = steps.map(({ gap, parent, ...rest }, id) => {
          time += gap * 1000;
          return {
            ...rest,
            id,
            '@timestamp': time,
            process: { entity_id: id, parent: { entity_id: parent } },
          };
        });
        const whole = compile(query, untyped, { dialect });
        const before = compile(query, untyped, { dialect });
        const after = compile(query, untyped, { dialect });
        const expected = [...documents.flatMap((each) => whole.feed(each)), ...whole.end()];
        const found = documents.slice(0, cut).flatMap((each) => before.feed(each));
        assert.equal(after.restore(throughJson(before.snapshot())), true);
        found.push(...documents.slice(cut).flatMap((each) => after.feed(each)), ...after.end());
        assert.deepEqual(idsOf(found), idsOf(expected));
      });
      fc.assert(property, { numRuns: 300 });
    });

  const query = 'sequence by k [any where t == "a"] [any where t == "b"]';

  it('encodes each record once, and keeps 64-bit integers in keys', () => {
    const k = 9007199254740993n;
    const matcher = compile(query, untyped);
    matcher.feed({ id: 1, t: 'a', k: [k, 2n, true] });
    const snapshot = matcher.snapshot((record) => record.id);
    assert.deepEqual(snapshot.records, [1]);
    const restored = compile(query, untyped);
    assert.equal(
      restored.restore(throughJson(snapshot), (id) => ({ id })),
      true,
    );
    const [match] = restored.feed({ id: 2, t: 'b', k });
    assert.deepEqual(match, { events: [{ id: 1 }, { id: 2, t: 'b', k }], joinKeys: [k] });
  });

  it('is not restored into another query, dialect or version, and changes nothing then', () => {
    const matcher = compile(query, untyped);
    matcher.feed({ id: 1, t: 'a', k: 1 });
    const snapshot = matcher.snapshot();
    const other = compile(query.replace('"b"', '"c"'), untyped);
    assert.equal(other.restore(snapshot), false);
    assert.equal(compile(query, untyped, { dialect: 'endpoint' }).restore(snapshot), false);
    assert.equal(matcher.restore({ ...snapshot, version: 99, state: 'of the future' }), false);
    assert.equal(matcher.feed({ id: 2, t: 'b', k: 1 }).length, 1);
  });

  it('that is damaged is refused', () => {
    const matcher = compile(query, untyped);
    matcher.feed({ id: 1, t: 'a', k: 1 });
    const snapshot = matcher.snapshot();
    for (const damaged of [
      null,
      'x',
      {},
      { ...snapshot, state: null },
      { ...snapshot, records: [] },
      { ...snapshot, state: { keys: [{}] } },
    ])
      assert.throws(() => matcher.restore(damaged), EqlSnapshotError);
  });
});
