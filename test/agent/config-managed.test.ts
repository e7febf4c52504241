import assert from 'node:assert/strict';
import { chmodSync, symlinkSync } from 'node:fs';
import { ConfigError, DEFAULT_CONFIG, loadConfig, placeOf } from '../../src/agent/index.ts';
import { temporaryFolder } from '../support/files.ts';
import { writeProgram } from '../support/program.ts';

/**
 * Takes plutil's arguments as exectap gives them, and refuses any others. The files of these tests hold JSON; like
 * plutil it has no word for dates in JSON.
 */
const STAND_IN = `
const [convert, json, out, dash, path, ...more] = process.argv.slice(2);
if ([convert, json, out, dash].join(' ') !== '-convert json -o -' || more.length > 0) process.exit(64);
const text = require('node:fs').readFileSync(path, 'utf8');
if (text.includes('<date>')) {
  console.log(path + ': invalid object in plist for destination format');
  process.exit(1);
}
process.stdout.write(text);
`;

describe('managed preferences', () => {
  const folder = temporaryFolder();
  let plutil: string;

  beforeEach(() => {
    plutil = writeProgram(folder.path('plutil'), STAND_IN);
  });

  const managed = (settings: unknown) => ({
    file: folder.write(
      'io.exectap.agent.plist',
      typeof settings === 'string' ? settings : JSON.stringify(settings),
    ),
    plutil,
    trust: 'user' as const,
  });

  const refused = (settings: unknown, message: RegExp): void => {
    assert.throws(
      () => loadConfig({ managed: managed(settings), trust: 'user' }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError, String(error));
        assert.match(error.message, message);
        return true;
      },
    );
  };

  it('stand before the file, the file before the defaults, key by key', () => {
    const file = folder.write(
      'c.yaml',
      'namespace: mine\nlog: {level: debug}\nmutes:\n  - path: /opt/mine\n',
    );
    const place = managed({
      namespace: 'fleet',
      mutes: [{ path: '/opt/fleet' }],
      selftest: { interval: 600, timeout: '7s' },
    });
    const { config, settings } = loadConfig({ file, managed: place, trust: 'user' });
    assert.deepEqual(
      [config.namespace, config.log.level, config.tap.transport, config.selftest],
      ['fleet', 'debug', 'pty', { intervalMs: 600_000, timeoutMs: 7_000 }],
    );
    assert.deepEqual(config.mutes, [{ kind: 'path', value: '/opt/fleet' }], 'a list is one value');
    const places = new Map(settings.map((setting) => [setting.key, placeOf(setting)]));
    assert.deepEqual(
      [places.get('namespace'), places.get('log.level'), places.get('tap.transport')],
      [place.file, `${file}:2`, 'default'],
    );
  });

  it('and the file can each give a part of the destination', () => {
    const file = folder.write('c.yaml', 'destination: {api_key_file: key}\n');
    const place = managed({ destination: { type: 'opensearch', url: 'https://h' } });
    const { config } = loadConfig({ file, managed: place, trust: 'user' });
    assert.deepEqual(config.destination, {
      name: 'opensearch',
      type: 'opensearch',
      url: 'https://h',
      apiKeyFile: folder.path('key'),
      caFile: undefined,
    });
  });

  it('are none where there is no file', () => {
    const place = { file: folder.path('none.plist'), plutil: '/nonexistent', trust: 'user' as const };
    assert.deepEqual(loadConfig({ managed: place, trust: 'user' }).config, DEFAULT_CONFIG);
  });

  it('may hold the keys of the profile itself', () => {
    const place = managed({ PayloadUUID: 'A', PayloadVersion: 1, namespace: 'fleet' });
    assert.equal(loadConfig({ managed: place, trust: 'user' }).config.namespace, 'fleet');
  });

  const faults: [what: string, settings: unknown, message: RegExp][] = [
    [
      'an unknown key',
      { namspace: 'a' },
      /io\.exectap\.agent\.plist: unknown key "namspace"; did you mean "namespace"\?/,
    ],
    ['a bad value', { log: { level: 5 } }, /agent\.plist: log\.level: must be debug, info, warn or error/],
    ['a relative path', { rules: ['/a', 'b'] }, /agent\.plist: rules: must be an absolute path: "b"/],
    ['a number for a section', { tap: 1 }, /agent\.plist: tap holds keys: transport, poke_after/],
    ['part of a destination', { destination: { name: 'soc' } }, /agent\.plist: destination\.type is missing/],
    ['a list at the top', ['a'], /a dictionary was expected/],
    ['what has no form in JSON', '<date>', /plutil ended with 1: .*invalid object in plist/],
    ['what is no property list', 'nonsense', /plutil gave no JSON/],
    [
      'more than such a file may have',
      `{"namespace":"${'a'.repeat(1024 * 1024)}"}`,
      /has more than the 1048576 bytes/,
    ],
  ];
  for (const [what, settings, message] of faults) {
    it(`are refused where they hold ${what}`, () => refused(settings, message));
  }

  it('are told of with every fault, and with those of the file', () => {
    const file = folder.write('c.yaml', 'namespace: BAD\n');
    assert.throws(
      () => loadConfig({ file, managed: managed({ a: 1, state: 's' }), trust: 'user' }),
      /unknown key "a"[\s\S]*state: must be an absolute path[\s\S]*c\.yaml:1: namespace/,
    );
  });

  it('are refused where somebody else could have written them', () => {
    const place = managed({ namespace: 'fleet' });
    chmodSync(place.file, 0o666);
    assert.throws(
      () => loadConfig({ managed: place, trust: 'user' }),
      /not used: .* can be written by others/,
    );
  });

  it('are not passed over where they lead nowhere', () => {
    symlinkSync(folder.path('gone'), folder.path('link.plist'));
    const place = { file: folder.path('link.plist'), plutil, trust: 'user' as const };
    assert.throws(() => loadConfig({ managed: place, trust: 'user' }), /gone is not there/);
  });

  it('keep an agent from starting where plutil does not come back, or says too much', function () {
    this.timeout(15_000);
    const place = managed({});
    const slow = writeProgram(folder.path('slow'), 'setInterval(() => {}, 1000);');
    assert.throws(
      () => loadConfig({ managed: { ...place, plutil: slow }, trust: 'user' }),
      /no answer within 5000 ms/,
    );
    const loud = writeProgram(
      folder.path('loud'),
      "for (;;) require('node:fs').writeSync(1, 'x'.repeat(65536));",
    );
    assert.throws(
      () => loadConfig({ managed: { ...place, plutil: loud }, trust: 'user' }),
      /more than 1048576 bytes of JSON/,
    );
    assert.throws(
      () => loadConfig({ managed: { ...place, plutil: folder.path('gone') }, trust: 'user' }),
      /gone failed: .*ENOENT/,
    );
  });
});
