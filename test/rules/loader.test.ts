import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { type Loaded, readRules, UnusableRuleError } from '../../src/rules/index.ts';
import { temporaryFolder } from '../support/files.ts';

const DETECTION = `
[rule]
name = "Detection"
rule_id = "0b0c1d2e-0000-4000-8000-000000000001"
type = "eql"
severity = "low"
risk_score = 21
query = '''
process where process.name == "x"
'''
`;

const BEHAVIOUR = `
[rule]
id = "0b0c1d2e-0000-4000-8000-000000000002"
name = "Behaviour"
description = "Something was done."
license = "Some licence"
os_list = ["macos"]
version = "1.0.26"
reference = ["https://example.org/"]
query = '''
process where event.action == "exec" and process.name == process.parent.name
'''
min_endpoint_version = "7.15.0"
optional_actions = []

[[actions]]
action = "kill_process"
field = "process.entity_id"
state = 0

[[threat]]
framework = "MITRE ATT&CK"
[[threat.technique]]
id = "T1555"
name = "Credentials from Password Stores"
reference = "https://attack.mitre.org/techniques/T1555/"
[threat.tactic]
id = "TA0006"
name = "Credential Access"
reference = "https://attack.mitre.org/tactics/TA0006/"

[internal]
min_endpoint_version = "7.15.0"
`;

const EXPORTED = {
  id: '9b8f',
  rule_id: '0b0c1d2e-0000-4000-8000-000000000003',
  name: 'Exported',
  description: 'x',
  type: 'eql',
  language: 'eql',
  query: 'process where process.pid == 1',
  severity: 'high',
  risk_score: 73,
  version: 3,
  immutable: false,
  threat: [],
  exceptions_list: [],
};

const EXPORT = [
  JSON.stringify(EXPORTED),
  JSON.stringify({ ...EXPORTED, type: 'query', language: 'kuery', query: 'a: b' }),
  '{"rule_id": "cut',
  JSON.stringify({ list_id: 'endpoint_list', type: 'endpoint', name: 'exceptions' }),
  JSON.stringify({ exported_count: 2, exported_rules_count: 2, missing_rules: [], missing_rules_count: 0 }),
].join('\n');

describe('rules from outside', () => {
  const folder = temporaryFolder();
  const told = (loaded: Loaded): string =>
    'error' in loaded ? loaded.error.message.replace(folder.path(), '') : loaded.rule.name;

  it('are read from Elastic’s behaviour rules in the endpoint’s dialect', () => {
    const [loaded] = readRules(folder.write('b.toml', BEHAVIOUR));
    assert.ok(loaded !== undefined && 'rule' in loaded);
    const { id, version, dialect, license, severity, riskScore, tags, threat } = loaded.rule;
    assert.deepEqual(
      { id, version, dialect, license, severity, riskScore, tags },
      {
        id: '0b0c1d2e-0000-4000-8000-000000000002',
        version: 26,
        dialect: 'endpoint',
        license: 'Some licence',
        severity: 'high',
        riskScore: 73,
        tags: ['OS: macos'],
      },
    );
    assert.deepEqual([threat[0]?.tactic.id, threat[0]?.techniques[0]?.id], ['TA0006', 'T1555']);
  });

  it('are read from a Kibana export, each line by itself; lists and details are no rules', () => {
    const loaded = [...readRules(folder.write('export.ndjson', EXPORT))].map(told);
    assert.equal(loaded.length, 3);
    assert.equal(loaded[0], 'Exported');
    assert.match(loaded[1]!, /^\/?export\.ndjson:2: .*only rules of type "eql" run here/);
    assert.match(loaded[2]!, /^\/?export\.ndjson:3: not valid JSON/);
  });

  const elsewhere: [what: string, text: string, why: RegExp][] = [
    ['of another type', DETECTION.replace('"eql"', '"query"'), /only rules of type "eql" run here/],
    ['in development', `[metadata]\nmaturity = "development"\n${DETECTION}`, /maturity is "development"/],
    ['with filters', `${DETECTION}filters = [{ query = { exists = { field = "x" } } }]\n`, /filters/],
    ['with another category field', `${DETECTION}event_category_override = "event.type"\n`, /event\.type/],
    ['that is a building block', `${DETECTION}building_block_type = "default"\n`, /building block/],
    ['for another system', BEHAVIOUR.replace('["macos"]', '["windows"]'), /it is for windows/],
  ];
  for (const [what, text, why] of elsewhere) {
    it(`are refused, though they are in order, where one is ${what}`, () => {
      const [loaded] = readRules(folder.write('r.toml', text));
      assert.ok(loaded !== undefined && 'error' in loaded && loaded.error instanceof UnusableRuleError);
      assert.match(loaded.error.problem, why);
    });
  }

  it('are found in a folder and the folders below it, in order', () => {
    mkdirSync(folder.path('rules/deep'), { recursive: true });
    folder.write('rules/deep/d.toml', DETECTION);
    folder.write('rules/b.toml', BEHAVIOUR);
    folder.write('rules/export.ndjson', EXPORT);
    folder.write('rules/README.md', 'no rule');
    folder.write('rules/a-broken.toml', 'x = ');
    const loaded = [...readRules(folder.path('rules'))].map(told);
    assert.match(loaded[0]!, /a-broken\.toml:1: not valid TOML/);
    assert.deepEqual([loaded[1], loaded[2], loaded[3]], ['Behaviour', 'Detection', 'Exported']);
  });

  it('are an error where the path is not there', () => {
    assert.throws(() => [...readRules(folder.path('none'))], /none: cannot be read: ENOENT/);
  });
});
