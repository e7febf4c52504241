import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compile, type FieldType } from '../../src/eql/index.ts';
import { Source } from '../../src/eql/source.ts';
import { type Document, matches, typed, untyped } from './support/documents.ts';
import { modelMatches } from './support/model.ts';
import { conditions, eventStatement } from './support/trees.ts';

const exec: Document = {
  event: { category: ['process'], type: ['start'], action: 'exec' },
  process: {
    name: 'security',
    args: ['security', 'dump-keychain', '-d', 'login.keychain'],
    pid: 4711,
    exit_code: 0,
    parent: { name: 'Terminal' },
    code_signature: { exists: true, trusted: false },
  },
  user: { id: '501' },
  empty: [],
  nulls: [null, null],
  mixed: [null, 'x', 3],
  sequence: 9007199254740993n,
};

type Row = [query: string, matched: boolean];

function table(rows: readonly Row[], document: Document = exec): void {
  for (const [condition, matched] of rows)
    it(`${condition} is ${matched}`, () =>
      assert.equal(matches(`any where ${condition}`, document), matched));
}

describe('conditions', () => {
  describe('equality', () => {
    table([
      ['process.name == "security"', true],
      ['process.name == "Security"', false],
      ['"security" == process.name', true],
      ['process.name != "security"', false],
      ['process.name != "bash"', true],
      ['process.pid == 4711', true],
      ['process.pid == 4711.0', true],
      ['process.pid != 4711', false],
      ['process.pid == "4711"', false],
      ['process.code_signature.exists == true', true],
      ['process.code_signature.exists', true],
      ['process.code_signature.trusted', false],
      ['not process.code_signature.trusted', true],
      ['`sequence` == 9007199254740993', true],
      ['`sequence` == 9007199254740992', false],
      ['mixed == 3 and mixed == "x"', true],
    ]);
  });

  describe('order', () => {
    table([
      ['process.pid > 4710 and process.pid >= 4711 and process.pid < 4712 and process.pid <= 4711', true],
      ['process.pid > 4711', false],
      ['4711 >= process.pid and 4711 <= process.pid', true],
      ['4711 > process.pid or 4711 < process.pid', false],
      ['process.pid > -1.5', true],
      ['process.name > "Security"', true],
      ['process.name < "securitz" and process.name >= "security"', true],
      ['process.name < 5 or process.name >= 5', false],
      ['`sequence` > 9007199254740992', true],
    ]);
  });

  describe('lists', () => {
    table([
      ['process.name in ("bash", "security")', true],
      ['process.name in ("bash", "SECURITY")', false],
      ['process.name in~ ("bash", "SECURITY")', true],
      ['process.name not in ("bash", "security")', false],
      ['process.name not in~ ("BASH")', true],
      ['process.name in ("a", "b", "c", "d", "e", "f", "security")', true],
      ['process.name in~ ("a", "b", "c", "d", "e", "f", "SECURITY")', true],
      ['process.name in~ ("a", "b", "c", "d", "e", "f")', false],
      ['process.pid in (1, 4711)', true],
      ['process.pid in ("x", 4711)', true],
      ['process.name in (null, "security")', true],
      ['process.name in (null)', false],
    ]);
  });

  describe('patterns', () => {
    table([
      ['process.name : "SEC*"', true],
      ['process.name like "SEC*"', false],
      ['process.name like "sec*"', true],
      ['process.name like~ ("x", "SEC?RITY")', true],
      ['process.name : ("x", "y")', false],
      ['process.args : "*KEYCHAIN"', true],
      ['process.pid : "4711"', false],
    ]);
  });

  describe('and, or, not', () => {
    table([
      ['true and true and true', true],
      ['true and true and false', false],
      ['false or false or true', true],
      ['not (process.pid == 1 or process.name == "bash")', true],
      ['process.pid == 4711 and process.name == "security" and process.args == "-d"', true],
      ['process.pid == 1 or process.name == "bash" or process.args == "-D"', false],
    ]);
  });

  describe('null in literals is three-valued', () => {
    table([
      ['null', false],
      ['not null', false],
      ['null == null', true],
      ['null != null', false],
      ['null < process.pid', false],
      ['not (null < process.pid)', false],
      ['false and null', false],
      ['not (false and null)', true],
      ['true or null', true],
      ['not (true and null)', false],
      ['not (null or process.pid == 1)', true],
      ['not (null and process.pid == 4711)', true],
      ['"" == null', false],
    ]);
  });

  describe('a condition as a value is three-valued', () => {
    table([
      ['null == (missing > 1)', true],
      ['(missing > 1) != null', false],
      ['null == (process.pid > 1)', false],
      ['(process.pid > 1) == true', true],
      ['(process.pid > 1) == false', false],
      ['(missing > 1) == false', false],
      ['(missing == null) == true', true],
      ['(not missing) == null', true],
      ['(not process.code_signature.exists) == false', true],
      ['(missing and false) == false', true],
      ['(missing and process.pid == 4711) == null', true],
      ['(missing or process.pid == 4711) == true', true],
      ['(missing or process.pid == 1) == null', true],
      ['(process.pid == 4711 and process.name == "x") == false', true],
      ['(missing in ("a")) == null', true],
      ['(missing not in ("a")) == null', true],
      ['(missing : "a*") == null', true],
      ['(process.name : "sec*") == true', true],
    ]);
  });

  it('agree with a slow model on random trees and documents', () => {
    const strings = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '*', '?'), maxLength: 3 });
    const integers = fc.integer({ min: -2, max: 2 });
    const leaves = { fields: ['a', 'b', 'c.d'], strings, integers };
    const scalar = fc.oneof(strings, integers, fc.boolean());
    const value = fc.oneof(
      scalar,
      fc.constant(null),
      fc.array(fc.oneof(scalar, fc.constant(null)), { maxLength: 3 }),
    );
    const document = fc.record({ a: value, b: value, c: fc.record({ d: value }) }, { requiredKeys: [] });
    const property = fc.property(conditions(leaves), document, (condition, some) => {
      const statement = eventStatement(condition);
      const query = { source: new Source(''), dialect: 'elasticsearch', statement } as const;
      assert.equal(compile(query, untyped).feed(some).length === 1, modelMatches(condition, some));
    });
    fc.assert(property, { numRuns: 5000 });
  });
});

describe('typed fields', () => {
  const types: Record<string, FieldType> = {
    '@timestamp': 'date',
    'event.created': 'date',
    'source.ip': 'ip',
    'destination.ip': 'ip',
    'process.pid': 'number',
    'process.exists': 'boolean',
    'user.id': 'string',
    'user.name': 'string',
  };
  const document: Document = {
    event: { created: '2026-01-02T03:04:05.678901Z' },
    '@timestamp': 1767323045678,
    source: { ip: ['10.6.48.157', 'fe80::1'] },
    destination: { ip: '::ffff:10.6.48.157' },
    process: { pid: 4711, exists: true },
    user: { id: '501', name: 'root' },
  };
  const rows: [condition: string, matched: boolean, dialect?: 'endpoint'][] = [
    ['@timestamp == "2026-01-02T03:04:05.678Z"', true],
    ['@timestamp == "2026-01-02 03:04:05.678"', true],
    ['@timestamp == "2026-01-02T05:04:05.678+02:00"', true],
    ['@timestamp == 1767323045678', true],
    ['event.created > 1767323045678', true],
    ['event.created < "2026-01-03"', true],
    ['event.created != "2026-01-02"', true],
    ['@timestamp in ("2026-01-02T03:04:05.678Z", "2020-01-01")', true],
    ['event.created > @timestamp', true, 'endpoint'],
    ['source.ip == "10.6.48.157"', true],
    ['source.ip == "10.0.0.0/8"', true],
    ['source.ip == "FE80::/10"', true],
    ['source.ip != "192.168.0.0/16"', true],
    ['source.ip > "10.255.0.0" and source.ip < "10.255.0.0"', true],
    ['source.ip <= "9.255.255.255"', false],
    ['source.ip >= "ff00::"', false],
    ['source.ip in ("192.168.0.0/16", "10.6.48.157")', true],
    ['source.ip == destination.ip', true, 'endpoint'],
    ['source.ip in (destination.ip)', true, 'endpoint'],
    ['user.name in~ (user.id, "ROOT")', true, 'endpoint'],
    ['user.name != user.id', true, 'endpoint'],
    ['process.pid == "4711"', true],
    ['process.pid > "4710.5"', true],
    ['process.exists == "true"', true],
    ['user.id == 501', true],
    ['user.id in (0, 501)', true],
  ];
  for (const [condition, matched, dialect = 'elasticsearch'] of rows)
    it(`${condition} is ${matched}`, () =>
      assert.equal(matches(`any where ${condition}`, document, typed(types), { dialect }), matched));
});

describe('compile', () => {
  it('gives a match with the record, and the same empty list for every record that does not match', () => {
    const matcher = compile('process where process.pid == 1', untyped);
    const record = { event: { category: 'process' }, process: { pid: 1 } };
    assert.deepEqual(matcher.feed(record), [{ events: [record], joinKeys: [] }]);
    assert.equal(matcher.feed(exec), matcher.feed({}));
    assert.deepEqual(matcher.advance(0), []);
  });

  it('reads the category from another field where it is told to', () => {
    const document = { kind: 'process' };
    assert.equal(matches('process where true', document, untyped, { categoryField: 'kind' }), true);
    assert.equal(matches('process where true', document), false);
  });

  it('asks once for a filter, with the fields of the condition, and heeds it', () => {
    const asked: string[][] = [];
    const options = {
      termFilter(fields: ReadonlySet<string>) {
        asked.push([...fields]);
        return (document: Document) => document.fork !== true;
      },
    };
    const matcher = compile('process where process.name == "x" or ?user.id == "0"', untyped, options);
    const record = { event: { category: 'process' }, process: { name: 'x' } };
    assert.equal(matcher.feed(record).length, 1);
    assert.equal(matcher.feed({ ...record, fork: true }).length, 0);
    assert.deepEqual(asked, [['process.name', 'user.id']]);
  });

  it('does without a filter where none is wanted', () => {
    assert.equal(matches('any where true', {}, untyped, { termFilter: () => undefined }), true);
  });

  it('warns once for a name in no schema, with the place and a suggestion', () => {
    const resolver = typed({ 'process.command_line': 'string' });
    const { warnings } = compile(
      'any where process.comand_line : "x"\n or process.comand_line : "y" or zzz',
      resolver,
    );
    assert.deepEqual(warnings, [
      {
        message:
          'process.comand_line is in no known schema and reads as missing. Did you mean process.command_line?',
        line: 1,
        column: 11,
      },
      { message: 'zzz is in no known schema and reads as missing.', line: 2, column: 34 },
    ]);
  });

  it('does not warn for a name behind "?"', () => {
    assert.deepEqual(compile('any where ?zzz == 1', typed({})).warnings, []);
  });

  it('warns when no record can have a category', () => {
    const matcher = compile('process where true', { field: () => undefined });
    assert.match(matcher.warnings[0]!.message, /no event has a category/);
    assert.equal(matcher.feed(exec).length, 0);
  });
});
