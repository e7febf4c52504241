import assert from 'node:assert/strict';
import { ConfigError, DEFAULT_CONFIG, readConfig } from '../../src/agent/index.ts';
import { temporaryFolder } from '../support/files.ts';

describe('the configuration file', () => {
  const folder = temporaryFolder();

  it('is optional in every key', () => {
    assert.deepEqual(readConfig(folder.write('empty.yaml', '')), DEFAULT_CONFIG);
  });

  it('names state, source, namespace and one destination, paths relative to itself', () => {
    const file = folder.write(
      'config.yaml',
      [
        'state: state',
        'source: captures/today.ndjson',
        'namespace: lab',
        'rules: [rules, /opt/rules/a.toml]',
        'destination:',
        '  type: opensearch',
        '  name: soc',
        '  url: https://collector.example:9200',
        '  api_key_file: /etc/exectap/key',
        '  ca_file: ca.pem',
      ].join('\n'),
    );
    assert.deepEqual(readConfig(file), {
      state: folder.path('state'),
      source: folder.path('captures/today.ndjson'),
      namespace: 'lab',
      rules: [folder.path('rules'), '/opt/rules/a.toml'],
      destination: {
        name: 'soc',
        type: 'opensearch',
        url: 'https://collector.example:9200',
        apiKeyFile: '/etc/exectap/key',
        caFile: folder.path('ca.pem'),
      },
    });
  });

  it('keeps the words for sources as they are', () => {
    for (const source of ['auto', 'eslogger', 'endpoint-security', '-']) {
      assert.equal(readConfig(folder.write('c.yaml', `source: "${source}"`)).source, source);
    }
  });

  const faults: [what: string, text: string, message: RegExp][] = [
    ['an unknown key', 'state: s\nsorce: auto\n', /c\.yaml:2: unknown key "sorce"/],
    [
      'an unknown key inside',
      'destination:\n  type: opensearch\n  url: http://h\n  token: x\n',
      /c\.yaml:4: unknown key "destination.token"/,
    ],
    ['a missing key', 'destination:\n  type: elasticsearch\n', /c\.yaml:2: destination.url is missing/],
    [
      'a wrong word',
      'destination:\n  type: kafka\n  url: http://h\n',
      /c\.yaml:2: destination.type: must be elasticsearch or opensearch/,
    ],
    [
      'a URL that holds a password',
      'destination:\n  type: opensearch\n  url: http://u:p@h\n',
      /c\.yaml:3: destination.url: must be an http or https URL/,
    ],
    ['a bad namespace', 'namespace: Bad-Name\n', /c\.yaml:1: namespace: must be 1 to 100/],
    ['a list where keys belong', '- a\n', /c\.yaml:1: a configuration is/],
    ['text that is no YAML', 'state: "open\n', /c\.yaml: .*line/s],
    ['the same key twice', 'state: a\nstate: b\n', /c\.yaml: .*unique.* line 2/s],
    ['an alias bomb', 'a: &a [x]\nstate: *a\n', /c\.yaml/],
  ];
  for (const [what, text, message] of faults) {
    it(`refuses ${what}, with file and line`, () => {
      const file = folder.write('c.yaml', text);
      assert.throws(
        () => readConfig(file),
        (error: unknown) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  it('names every fault, not the first', () => {
    const file = folder.write('c.yaml', 'sorce: a\nnamespace: "A"\n');
    assert.throws(() => readConfig(file), /sorce[\s\S]*namespace|namespace[\s\S]*sorce/);
  });

  it('says when the file cannot be read', () => {
    assert.throws(
      () => readConfig(folder.path('none.yaml')),
      /the configuration is not used: .*none\.yaml is not there/,
    );
  });
});
