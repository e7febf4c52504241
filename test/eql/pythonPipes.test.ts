import assert from 'node:assert/strict';
import { compile, type Document, EqlVerificationError, parse, search } from '../../src/eql/index.ts';
import { untyped } from './support/documents.ts';

const documents: Document[] = [
  { id: 1, name: 'b', n: 3 },
  { id: 2, name: 'a', n: 1 },
  { id: 3, name: 'B', n: 2 },
  { id: 4, n: 1 },
  { id: 5, name: 'a', n: 1 },
];

const run = (pipes: string, query = 'any where true') =>
  search(`${query} | ${pipes}`, documents, { dialect: 'python' });

const ids = (pipes: string, query?: string) =>
  run(pipes, query).map(({ events }) => events.map((event) => event?.id as number).join());

describe('the pipes of the Python dialect', () => {
  const rows: [pipes: string, found: string[]][] = [
    ['unique name', ['1', '2', '4']],
    ['unique name, n', ['1', '2', '3', '4']],
    ['sort n', ['2', '4', '5', '3', '1']],
    ['sort name, n', ['4', '3', '2', '5', '1']],
    ['sort n | tail 2', ['3', '1']],
    ['filter n == 1 and name == "a"', ['2', '5']],
    ['filter length(name) == null', ['4']],
    ['unique_count name', ['4', '1', '2']],
    ['unique_count name | filter count == 2', ['1', '2']],
    ['unique_count name | filter percent < 0.3 | head', ['4']],
    ['head', ['1', '2', '3', '4', '5']],
    ['tail | head 1', ['1']],
  ];
  for (const [pipes, found] of rows) it(pipes, () => assert.deepEqual(ids(pipes), found));

  it('count gives how many there are, by key with their part of all, rarest first', () => {
    const counts = (pipes: string) =>
      run(pipes).map(({ events, joinKeys, count }) => [events.length, joinKeys, count]);
    assert.deepEqual(counts('count'), [[0, [], { count: 5, percent: 1 }]]);
    assert.deepEqual(counts('count n'), [
      [0, [2], { count: 1, percent: 0.2 }],
      [0, [3], { count: 1, percent: 0.2 }],
      [0, [1], { count: 3, percent: 0.6 }],
    ]);
    assert.deepEqual(counts('count name | filter key == "a"'), [[0, ['a'], { count: 2, percent: 0.4 }]]);
  });

  it('name the events of a sequence by their number', () => {
    const pair = 'sequence [any where true] [any where true]';
    assert.deepEqual(ids('filter events[1].n == 1 and n == 3', pair), ['1,2']);
    assert.deepEqual(ids('sort events[1].n, events[0].id | head 2', pair), ['1,2', '3,4']);
    assert.deepEqual(ids('filter events[7].n == null | count', pair), ['']);
  });

  it('keep their state in a snapshot', () => {
    for (const pipes of [
      'unique name',
      'sort n',
      'count name',
      'unique_count name',
      'filter n == 1',
      'unique_count name | tail 2',
    ]) {
      const query = `any where true | ${pipes}`;
      const [whole, before, after] = [0, 1, 2].map(() => compile(query, untyped, { dialect: 'python' }));
      const expected = [...documents.flatMap((each) => whole!.feed(each)), ...whole!.end()];
      const found = documents.slice(0, 3).flatMap((each) => before!.feed(each));
      assert.equal(after!.restore(JSON.parse(JSON.stringify(before!.snapshot()))), true);
      found.push(...documents.slice(3).flatMap((each) => after!.feed(each)), ...after!.end());
      assert.deepEqual(found, expected, pipes);
    }
  });

  const faults: [pipes: string, message: RegExp][] = [
    ['filter', /expects one condition, found 0/],
    ['filter a, b', /expects one condition, found 2/],
    ['filter 1', /Expected a condition/],
    ['sort', /The pipe "sort" expects at least one value/],
    ['unique length(1)', /expects a string/],
    ['head a', /expects a whole number/],
    ['sort a[0]', /An array index is not supported/],
  ];
  for (const [pipes, message] of faults)
    it(`${pipes} is refused`, () =>
      assert.throws(
        () => parse(`any where true | ${pipes}`, { dialect: 'python' }),
        (error) => {
          assert.ok(error instanceof EqlVerificationError);
          assert.match(error.message, message);
          return true;
        },
      ));
});
