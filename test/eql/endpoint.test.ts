import assert from 'node:assert/strict';
import { compile, DEFAULT_LIMITS, type Document, EqlError, parse, search } from '../../src/eql/index.ts';
import { untyped } from './support/documents.ts';

const dialect = 'endpoint';

const find = (query: string, documents: readonly Document[]) =>
  search(query, documents, { dialect }).map(({ events }) => events.map((event) => event?.id as number));

describe('aliases', () => {
  it('are fields of the events of earlier terms under the same key', () => {
    const documents = [
      { id: 1, k: 'x', kind: 'a', path: '/p' },
      { id: 2, k: 'y', kind: 'a', path: '/q' },
      { id: 3, k: 'x', kind: 'b', path: '/q' },
      { id: 4, k: 'y', kind: 'b', path: '/q' },
      { id: 5, k: 'x', kind: 'b', path: '/p' },
    ];
    const query =
      'sequence by k [any where kind == "a"] as event0 [any where kind == "b" and path == event0.path]';
    assert.deepEqual(find(query, documents), [
      [2, 4],
      [1, 5],
    ]);
  });

  it('stay known in later terms, and work in functions and negations', () => {
    const documents = [
      { id: 1, process: { command_line: 'cp /tmp/Evil /x', name: 'cp' } },
      { id: 2, process: { name: 'cp' }, file: { name: 'evil' } },
      { id: 3, process: { name: 'sh' }, file: { name: 'evil' } },
    ];
    const query = `sequence [any where process.command_line != null] as event0
      [any where stringcontains~(event0.process.command_line, file.name)] as event1
      [any where not process.name == event0.process.name and file.name == event1.file.name]`;
    assert.deepEqual(find(query, documents), [[1, 2, 3]]);
  });

  it('leave the open sequence as it is where the condition does not hold', () => {
    const documents = [1, 2, 3].map((id) => ({ id, n: id === 2 ? 5 : 1 }));
    const query = 'sequence [any where n == 1] as e [any where n == e.n and id > 2]';
    assert.deepEqual(find(query, documents), [[1, 3]]);
  });

  it('claim nothing about the event that is at hand', () => {
    const needs = compile('sequence [any where a == "x"] as e [any where e.b == "y"]', untyped, {
      dialect,
    }).needs();
    assert.deepEqual([...needs.fields], ['a', 'b']);
    assert.deepEqual(needs.literals, []);
  });

  const faults: [query: string, message: RegExp][] = [
    ['sequence [a where b] as x [a where b] as x', /Another term is called x already/],
    ['sequence [a where b] as [a where b]', /Expected a name behind "as"/],
    [
      'sequence with maxspan=1s [a where b] as x ![a where b == x.b]',
      /A missing event cannot refer to an earlier event \(x\)/,
    ],
    ['sequence [a where b] as x [a where b] until [a where x.b]', /"until" cannot refer/],
    ['sample by k [a where b] as x [a where b]', /A sample has no aliases/],
  ];
  for (const [query, message] of faults)
    it(`${query} is refused`, () => assert.throws(() => parse(query, { dialect }), message));
});

describe('_arraysearch', () => {
  const document: Document = {
    stack: [
      { symbol: 'a!x', bytes: [1, 2] },
      { symbol: 'b!y', bytes: [3], inner: [{ n: 7 }] },
    ],
    names: ['one', 'two'],
    name: 'two',
    single: { symbol: 'solo' },
  };
  const rows: [condition: string, matched: boolean][] = [
    ['_arraysearch(stack, $e, $e.symbol == "b!y" and $e.bytes == 3)', true],
    ['_arraysearch(stack, $e, $e.symbol == "a!x" and $e.bytes == 3)', false],
    ['_ArraySearch(stack, $e, $e.symbol : ("C*", "B*"))', true],
    ['_arraysearch(names, $e, $e == name)', true],
    ['_arraysearch(names, $e, length($e) > 3)', false],
    ['_arraysearch(single, $e, $e.symbol == "solo")', true],
    ['_arraysearch(gone, $e, true)', false],
    ['not _arraysearch(gone, $e, $e == "x")', true],
    ['_arraysearch(stack, $e, _arraysearch($e.inner, $i, $i.n == 7 and $e.symbol == "b!y"))', true],
    ['_arraysearch(stack, $e, _arraysearch(names, $e, $e == "two") and $e.symbol == "b!y")', true],
  ];
  for (const [condition, matched] of rows)
    it(`${condition} is ${matched}`, () =>
      assert.equal(search(`any where ${condition}`, [document], { dialect }).length === 1, matched));

  it('goes through the values of a field where a resolver knows no elements', () => {
    const matcher = compile('any where _arraysearch(names, $e, $e == "two")', untyped, { dialect });
    assert.equal(matcher.feed(document).length, 1);
    assert.equal(matcher.feed({ names: 'two' }).length, 1);
  });

  it('is refused with a variable that no _arraysearch names, or without an array', () => {
    for (const condition of [
      '$e == 1',
      '_arraysearch(a, $e, $f == 1)',
      '_arraysearch("a", $e, true)',
      '_arraysearch(a, e, true)',
    ])
      assert.throws(() => parse(`any where ${condition}`, { dialect }), EqlError);
  });
});

describe('lineage', () => {
  const started = (id: string, parent: string, name: string, more: Document = {}): Document => ({
    id,
    event: { category: 'process' },
    process: { entity_id: id, name, parent: { entity_id: parent }, ...more },
  });
  const documents = [
    started('early', 'root', 'sh'),
    started('root', 'init', 'installer'),
    started('child', 'root', 'sh'),
    started('grandchild', 'child', 'curl'),
    started('other', 'init', 'curl'),
    started('late', 'gone', 'curl', { Ext: { ancestry: ['gone', 'root', 'init'] } }),
    {
      id: 'file',
      event: { category: 'file' },
      process: { entity_id: 'root', parent: { entity_id: 'init' } },
    },
  ];
  const rows: [relation: string, ids: string[]][] = [
    ['descendant', ['child', 'grandchild', 'late']],
    ['child', ['child']],
    ['event', ['root', 'file']],
  ];
  for (const [relation, ids] of rows)
    it(`${relation} of`, () => {
      const query = `any where ${relation} of [process where process.name == "installer"]`;
      assert.deepEqual(find(query, documents).flat(), ids);
      const negated = documents.map((each) => each.id as string).filter((id) => !ids.includes(id));
      assert.deepEqual(find(query.replace('where', 'where not'), documents).flat(), negated);
    });

  it('is a condition among others, in terms of sequences too', () => {
    const inner = 'descendant of [process where process.name == "installer"]';
    assert.deepEqual(find(`process where ${inner} and process.name == "curl"`, documents).flat(), [
      'grandchild',
      'late',
    ]);
    const sequence = `sequence [process where ${inner}] [file where event of [process where process.name == "installer"]]`;
    assert.deepEqual(find(sequence, documents), [['late', 'file']] as unknown[]);
  });

  it('needs every record, claims no literals, and keeps no more ids than its bound', () => {
    const limits = { ...DEFAULT_LIMITS, maxKeys: 2 };
    const query = 'process where process.name == "x" and child of [process where process.name == "p"]';
    const matcher = compile(query, untyped, { dialect, limits });
    assert.equal(matcher.needs().categories, null);
    assert.deepEqual(
      [...matcher.needs().fields],
      ['process.name', 'process.entity_id', 'process.parent.entity_id'],
    );
    assert.deepEqual(matcher.needs().literals, []);
    for (const id of ['1', '2', '3']) matcher.feed(started(id, 'init', 'p'));
    assert.deepEqual(
      ['1', '2', '3'].map((parent) => matcher.feed(started('x', parent, 'x')).length),
      [0, 1, 1],
    );
    assert.equal(matcher.counters().droppedKeys, 1);
  });

  it('reads the fields that it is told to, and warns where none has the ids', () => {
    const lineage = { entity: 'unique_pid', parent: 'unique_ppid', ancestry: 'ancestry' };
    const events = [
      { id: 1, unique_pid: 1, name: 'p' },
      { id: 2, unique_pid: 2, unique_ppid: 1 },
    ];
    const query = 'any where child of [any where name == "p"]';
    assert.equal(search(query, events, { dialect: 'python', lineage }).length, 1);
    const { warnings } = compile(
      query,
      { field: (name) => (name === 'name' ? untyped.field(name) : undefined) },
      { dialect },
    );
    assert.match(warnings[0]!.message, /Lineage reads process.entity_id and process.parent.entity_id/);
  });

  it('is refused with another word before "of"', () => {
    assert.throws(
      () => parse('any where parent of [any where true]', { dialect }),
      /Expected "descendant", "child" or "event"/,
    );
  });
});
