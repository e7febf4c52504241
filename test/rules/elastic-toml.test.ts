import assert from 'node:assert/strict';
import { type Rule, RuleError, RuleSet, readRules } from '../../src/rules/index.ts';
import { temporaryFolder } from '../support/files.ts';

const MINIMAL = `
[rule]
name = "A rule"
rule_id = "0b0c1d2e-0000-4000-8000-000000000001"
type = "eql"
language = "eql"
severity = "low"
risk_score = 21
query = '''
process where process.name == "x"
'''
`;

describe('the built-in rule', () => {
  const [rule, ...more] = RuleSet.load().rules;
  assert.ok(rule);

  it('is the keychain-dump rule, with its identity and its query', () => {
    assert.deepEqual(more, []);
    assert.equal(rule.id, '565d6ca5-75ba-4c82-9b13-add25353471c');
    assert.equal(rule.name, 'Dumping of Keychain Content via Security Command');
    assert.equal(rule.version, 108);
    assert.equal(
      rule.query,
      'process where host.os.type == "macos" and event.type in ("start", "process_started") and process.args : "dump-keychain" and process.args : "-d"',
    );
  });

  it('has the severity, the schedule and the bound of its publication', () => {
    const { severity, riskScore, from, interval, maxSignals, index } = rule;
    assert.deepEqual(
      { severity, riskScore, from, interval, maxSignals, index },
      {
        severity: 'high',
        riskScore: 73,
        from: 'now-9m',
        interval: '5m',
        maxSignals: 100,
        index: ['logs-endpoint.events.*'],
      },
    );
  });

  it('is mapped to Keychain under Credentials from Password Stores', () => {
    assert.deepEqual(rule.threat, [
      {
        framework: 'MITRE ATT&CK',
        tactic: {
          id: 'TA0006',
          name: 'Credential Access',
          reference: 'https://attack.mitre.org/tactics/TA0006/',
        },
        techniques: [
          {
            id: 'T1555',
            name: 'Credentials from Password Stores',
            reference: 'https://attack.mitre.org/techniques/T1555/',
            subtechniques: [
              {
                id: 'T1555.001',
                name: 'Keychain',
                reference: 'https://attack.mitre.org/techniques/T1555/001/',
              },
            ],
          },
        ],
      },
    ]);
  });

  it('says whose query it is and explains itself', () => {
    assert.equal(rule.license, 'Elastic License v2');
    assert.deepEqual(rule.references, ['https://ss64.com/osx/security.html']);
    assert.match(rule.note ?? '', /## Triage/);
    assert.ok(
      rule.description.length > 100 && rule.falsePositives.length > 0 && (rule.setup ?? '').length > 0,
    );
  });
});

/** The one rule of a file. */
function readRule(file: string): Rule {
  const [loaded, ...more] = readRules(file);
  assert.deepEqual(more, []);
  if (loaded === undefined || 'error' in loaded) throw loaded?.error;
  return loaded.rule;
}

describe('a rule file in the format of Elastic’s detection rules', () => {
  const folder = temporaryFolder();

  it('needs no more than an identity, a severity and a query', () => {
    const rule = readRule(folder.write('r.toml', MINIMAL));
    assert.equal(rule.query, 'process where process.name == "x"');
    assert.equal(rule.maxSignals, 100);
    assert.equal(rule.ruleset, 'r');
  });

  it('may hold keys that exectap does not use', () => {
    readRule(
      folder.write(
        'r.toml',
        `[metadata]\nmaturity = "production"\n${MINIMAL}timestamp_override = "event.ingested"\n`,
      ),
    );
  });

  const faults: [what: string, text: string, message: RegExp][] = [
    ['text that is no TOML', '[rule\nname = 1\n', /r\.toml:1: not valid TOML/],
    [
      'a rule of another type',
      MINIMAL.replace('type = "eql"', 'type = "query"'),
      /r\.toml: only rules of type "eql"/,
    ],
    ['a rule without a query', MINIMAL.replace(/query = [\s\S]*/, ''), /r\.toml: rule\.query/],
    ['a severity that is none', MINIMAL.replace('"low"', '"awful"'), /r\.toml:7: rule\.severity/],
    ['a risk beyond 100', MINIMAL.replace('21', '101'), /r\.toml:8: rule\.risk_score/],
    ['an empty file', '', /r\.toml/],
  ];
  for (const [what, text, message] of faults) {
    it(`is refused with file and line where it is ${what}`, () => {
      const file = folder.write('r.toml', text);
      assert.throws(
        () => readRule(file),
        (error: unknown) => error instanceof RuleError && message.test(error.message),
      );
    });
  }

  it('is refused where its query does not parse, with the line in the file', () => {
    const file = folder.write(
      'r.toml',
      MINIMAL.replace('process.name ==', 'process.name =='.replace('==', '=!')),
    );
    const rule = readRule(file);
    assert.throws(() => new RuleSet([rule]), /r\.toml:10: /);
  });
});
