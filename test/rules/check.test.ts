import assert from 'node:assert/strict';
import { checkLoaded, type Rule, type RuleReport, RuleSet } from '../../src/rules/index.ts';

const [template] = RuleSet.load().rules;

function check(query: string, dialect: Rule['dialect'] = 'elasticsearch'): RuleReport {
  return checkLoaded({ rule: { ...template!, query, dialect, queryLine: 10, file: 'r.toml' } });
}

describe('whether a rule can run here', () => {
  const cases: [query: string, verdict: RuleReport['verdict'], missing: string[], inNegation: string[]][] = [
    ['process where process.name == "x"', 'runs', [], []],
    ['any where process.name == "x"', 'runs', [], []],
    ['process where file.path == "x"', 'cannot run', ['file.path'], []],
    ['process where process.name == "x" and not file.path == "y"', 'runs approximately', [], ['file.path']],
    ['process where process.name == "x" and file.path != "y"', 'runs approximately', [], ['file.path']],
    [
      'process where process.name == "x" and file.path not in ("y", "z")',
      'runs approximately',
      [],
      ['file.path'],
    ],
    ['process where process.name == "x" and file.path == null', 'runs approximately', [], ['file.path']],
    ['process where process.name == "x" and file.path != null', 'cannot run', ['file.path'], []],
    ['process where not (process.name == "x" and not file.path == "y")', 'cannot run', ['file.path'], []],
    ['process where file.path == "x" and not file.path : "y*"', 'cannot run', ['file.path'], []],
    [
      'process where process.name == "x" or dns.question.name == "y"',
      'cannot run',
      ['dns.question.name'],
      [],
    ],
  ];
  for (const [query, verdict, missing, inNegation] of cases) {
    it(`is told of: ${query}`, () => {
      const report = check(query);
      assert.deepEqual(
        [report.verdict, report.fields.missing, report.fields.missingInNegation],
        [verdict, missing, inNegation],
      );
      assert.deepEqual([report.parsed, report.checked], [true, true]);
    });
  }

  it('is not where it needs events of other categories', () => {
    const report = check('file where file.path == "x"');
    assert.deepEqual([report.verdict, report.categories.missing], ['cannot run', ['file']]);
    const sequence = check('sequence by host.id with maxspan=1m [process where true] [network where true]');
    assert.deepEqual([sequence.verdict, sequence.categories.missing], ['cannot run', ['network']]);
  });

  it('is approximate where only an event that must be absent is of another category', () => {
    const report = check(
      'sequence by host.id with maxspan=1m [process where true] ![network where true] [process where true]',
    );
    assert.deepEqual(
      [report.verdict, report.categories.missingInNegation],
      ['runs approximately', ['network']],
    );
  });

  it('asks for the list that an array search goes through, not for the names of its elements', () => {
    const report = check('process where _arraysearch(process.args, $arg, $arg == "-d")', 'endpoint');
    assert.deepEqual([report.verdict, report.fields.provided], ['runs', ['process.args']]);
  });

  it('asks for the fields of an alias as fields of that event', () => {
    const report = check(
      'sequence by process.entity_id [process where true] as event0 [process where process.name == event0.process.name and file.path == event0.file.path]',
      'endpoint',
    );
    assert.deepEqual([report.verdict, report.fields.missing], ['cannot run', ['file.path']]);
  });

  const optional: [query: string, verdict: RuleReport['verdict']][] = [
    ['process where process.name == "x" and not ?dns.question.name : "x"', 'cannot run'],
    ['process where process.name == "x" and ?dns.question.name != "x"', 'cannot run'],
    ['process where process.name == "x" and ?dns.question.name == null', 'runs approximately'],
    ['process where ?process.name != "x"', 'runs'],
  ];
  for (const [query, verdict] of optional) {
    it(`of a field that may be unknown is null, and so is what is asked of it: ${query}`, () => {
      assert.equal(check(query).verdict, verdict);
    });
  }

  it('is not where it waits for the end of a stream', () => {
    const sample = check('sample by host.id [process where true] [process where true]');
    assert.deepEqual([sample.verdict, sample.checked, sample.broken], ['cannot run', true, false]);
    assert.match(sample.problem ?? '', /end of the stream/);
    assert.equal(check('process where true | tail 5').verdict, 'cannot run');
  });

  it('is approximate where only what ends a sequence is of another category', () => {
    const report = check(
      'sequence by host.id with maxspan=1m [process where true] [process where true] until [network where true]',
    );
    assert.deepEqual(
      [report.verdict, report.categories.missingInNegation],
      ['runs approximately', ['network']],
    );
  });

  it('is not where its keys cannot be known', () => {
    const report = check(
      'sequence by user.target.id with maxspan=1m [process where true] [process where true]',
    );
    assert.deepEqual([report.verdict, report.fields.missing], ['cannot run', ['user.target.id']]);
  });

  it('is not where the query does not parse, with the line in the file', () => {
    const report = check('process where\n  process.name ===');
    assert.deepEqual(
      [report.verdict, report.parsed, report.checked, report.line],
      ['cannot run', false, false, 11],
    );
    assert.match(report.problem ?? '', /^column \d+: /);
  });

  it('is not where the query parses and does not check', () => {
    const report = check('process where process.pid : "4"');
    assert.deepEqual([report.verdict, report.parsed, report.checked], ['cannot run', true, false]);
  });

  it('is told with a warning about a name that no schema knows', () => {
    assert.match(check('process where proces.name == "x"').warnings[0] ?? '', /proces\.name.*process\.name/);
  });
});
