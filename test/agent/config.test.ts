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
      tap: { transport: 'pty', pokeAfterMs: 250 },
      selftest: { intervalMs: 3_600_000, timeoutMs: 5_000 },
      log: { level: 'info' },
      mutes: [],
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
    ['text that is no YAML', 'state: "open\n', /c\.yaml:2: Missing closing/],
    ['the same key twice', 'state: a\nstate: b\n', /c\.yaml:2: .*unique/],
    ['an alias', 'state: &a x\nnamespace: *a\n', /c\.yaml:2: aliases are not read/],
    ['a tag that nobody knows', 'state: !secret x\n', /c\.yaml:1: Unresolved tag/],
    ['two documents', 'state: a\n---\nstate: b\n', /c\.yaml:2: .*multiple documents/],
    ['a key without a value', 'state:\n', /c\.yaml:1: state has no value/],
    ['a number for a path', 'state: 5\n', /c\.yaml:1: state: must be a path/],
    ['a section that holds no keys', 'tap: pty\n', /c\.yaml:1: tap holds keys: transport, poke_after/],
    ['a word that is none', 'tap:\n  transport: tty\n', /c\.yaml:2: tap\.transport: must be pty or pipe/],
    ['a level that is none', 'log: {level: trace}\n', /log\.level: must be debug, info, warn or error/],
    [
      'a duration without a unit',
      'tap: {poke_after: "5"}\n',
      /tap\.poke_after: must be a duration: 250ms, 5s, 1h, or a number of seconds/,
    ],
    ['a duration below its range', 'tap: {poke_after: 49ms}\n', /must be from 50ms to 1m/],
    ['a duration above its range', 'tap: {poke_after: 61}\n', /must be from 50ms to 1m/],
    ['0 where it does not mean "off"', 'selftest: {timeout: 0}\n', /must be from 1s to 1m/],
    ['an interval below its range', 'selftest: {interval: 9s}\n', /must be 0 \(off\), or from 10s to 7d/],
    ['a number that is none', 'selftest: {interval: .nan}\n', /must be a duration/],
    [
      'a self-test that outlasts its interval',
      'selftest:\n  interval: 10s\n  timeout: 11s\n',
      /c\.yaml:2: selftest\.timeout must not be longer than selftest\.interval/,
    ],
    ['mutes that are no list', 'mutes: {path: /a}\n', /c\.yaml:1: mutes: must be a list/],
    ['a mute that is a word', 'mutes:\n  - /a\n', /c\.yaml:2: mutes\.0: must be one of path, signing_id/],
    ['a mute of no known kind', 'mutes: [{user: root}]\n', /mutes\.0: must be one of path, signing_id/],
    [
      'a mute with two keys',
      'mutes:\n  - path: /a\n  - path: /b\n    team_id: A1B2C3D4E5\n',
      /c\.yaml:3: mutes\.1: must be one of .*; this one has several keys/,
    ],
    ['an empty mute', 'mutes: [{}]\n', /mutes\.0: must be one of/],
    ['a muted path that is relative', 'mutes: [{path: a}]\n', /mutes\.0: path must be an absolute path/],
    ['a muted path with dots', 'mutes: [{path: /a/../b}]\n', /mutes\.0: path must be a plain path/],
    ['a muted parent with a pattern', 'mutes: [{parent: "/a/*"}]\n', /mutes\.0: parent must be a prefix/],
    ['a team in small letters', 'mutes: [{team_id: a1b2c3d4e5}]\n', /mutes\.0: team_id must be the ten/],
    ['an empty identifier', 'mutes: [{signing_id: ""}]\n', /mutes\.0: signing_id must be a signing/],
    [
      'more mutes than an event can be compared with',
      `mutes:\n${'  - path: /a\n'.repeat(257)}`,
      /mutes: must be at most 256/,
    ],
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

  const suggestions: [text: string, suggestion: RegExp | null][] = [
    ['sorce: x', /unknown key "sorce"; did you mean "source"\?/],
    ['selftests: {}', /did you mean "selftest"\?/],
    ['destination: {uri: x}', /unknown key "destination\.uri"; did you mean "destination\.url"\?/],
    ['tap: {transprot: pty}', /did you mean "tap\.transport"\?/],
    ['level: debug', /unknown key "level"; did you mean "log\.level"\?/],
    ['log.level: debug', /unknown key "log\.level": write "level" below "log"/],
    ['frobnicate: x', null],
    ['__proto__: x', null],
    ['constructor: x', null],
    ['? [a, b]\n: x', null],
  ];
  for (const [text, suggestion] of suggestions) {
    it(`${suggestion === null ? 'suggests nothing' : 'suggests the nearest key'} for ${JSON.stringify(text)}`, () => {
      const file = folder.write('c.yaml', `${text}\n`);
      assert.throws(() => readConfig(file), suggestion ?? /unknown key "[^;]*$/);
    });
  }

  const durations: [written: string, ms: number][] = [
    ['5s', 5_000],
    ['1500ms', 1_500],
    ['1.5s', 1_500],
    ['30', 30_000],
    ['2.25', 2_250],
    ['1m', 60_000],
  ];
  for (const [written, ms] of durations) {
    it(`reads the duration ${written} as ${ms} ms`, () => {
      const file = folder.write('c.yaml', `selftest:\n  timeout: ${written}\n`);
      assert.equal(readConfig(file).selftest.timeoutMs, ms);
    });
  }

  it('turns the self-test off with 0, however it is written', () => {
    for (const off of ['0', '0s', '0ms']) {
      const file = folder.write('c.yaml', `selftest:\n  interval: ${off}\n  timeout: 60s\n`);
      assert.deepEqual(readConfig(file).selftest, { intervalMs: 0, timeoutMs: 60_000 });
    }
  });

  it('holds mutes in their order', () => {
    const file = folder.write(
      'c.yaml',
      [
        'mutes:',
        '  - path: /opt/build/',
        '  - {parent: /opt/ci/runner}',
        '  - signing_id: platform:com.apple.mdworker_shared',
        '  - team_id: A1B2C3D4E5',
      ].join('\n'),
    );
    assert.deepEqual(readConfig(file).mutes, [
      { kind: 'path', value: '/opt/build/' },
      { kind: 'parent', value: '/opt/ci/runner' },
      { kind: 'signing_id', value: 'platform:com.apple.mdworker_shared' },
      { kind: 'team_id', value: 'A1B2C3D4E5' },
    ]);
  });

  it('may have sections whose keys are all commented out', () => {
    const file = folder.write('c.yaml', 'log:\n  # level: debug\ndestination:\n  # url: x\n');
    assert.deepEqual(readConfig(file), DEFAULT_CONFIG);
  });

  it('is refused in order where it is nested beyond all measure', () => {
    const file = folder.write('c.yaml', `rules: ${'['.repeat(200_000)}`);
    assert.throws(() => readConfig(file), ConfigError);
  });

  it('names every fault of its form and of its keys', () => {
    const file = folder.write(
      'c.yaml',
      'state: a\nstate: b\nsorce: a\nrules: [1, 2]\ntap:\n  transport: x\n  poke_after: y\n',
    );
    assert.throws(
      () => readConfig(file),
      (error: unknown) => {
        const lines = (error as ConfigError).message.split('\n').map((line) => line.slice(file.length));
        assert.deepEqual(
          lines.map((line) => /^:(\d+): (?:unknown key )?"?([\w.]+)/.exec(line)?.slice(1)),
          [
            ['2', 'Map'],
            ['3', 'sorce'],
            ['4', 'rules.0'],
            ['4', 'rules.1'],
            ['6', 'tap.transport'],
            ['7', 'tap.poke_after'],
          ],
        );
        return true;
      },
    );
  });

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
