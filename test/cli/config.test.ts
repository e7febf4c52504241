import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configPlaces, DEFAULT_CONFIG, readConfig } from '../../src/agent/index.ts';
import { execLine } from '../support/eslogger-lines.ts';
import { exectap, jsonLines, startExectap } from '../support/exectap.ts';
import { temporaryFolder } from '../support/files.ts';

const GOLDEN = fileURLToPath(new URL('../fixtures/config/default.yaml', import.meta.url));

describe('config init', () => {
  const folder = temporaryFolder();

  it('prints every key at its default, explained', async () => {
    const { code, stdout } = await exectap(['config', 'init']);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(GOLDEN, stdout);
    assert.equal(code, 0);
    assert.equal(stdout, readFileSync(GOLDEN, 'utf8'));
  });

  it('writes a file that passes check and changes nothing', async () => {
    const out = folder.path('config.yaml');
    assert.equal((await exectap(['config', 'init', '--out', out])).code, 0);
    const { code, stderr } = await exectap(['config', 'check', out]);
    assert.deepEqual([code, stderr], [0, `${out}: right, 9 keys set\n`]);
    assert.deepEqual(readConfig(out), DEFAULT_CONFIG);
  });

  it('passes check with all that is commented out taken in', () => {
    const text = readFileSync(GOLDEN, 'utf8');
    const lists = /^(rules|mutes): \[\]\n/gm;
    const keys = 'state|rules|destination|name|type|url|api_key_file|ca_file|mutes';
    const all = text.replace(lists, '').replace(new RegExp(`^# (?=\\s*(- |(${keys}):( |$)))`, 'gm'), '');
    const config = readConfig(folder.write('all.yaml', all));
    assert.deepEqual(
      [config.destination?.name, config.rules.length, config.mutes.length, config.state],
      ['soc', 1, 2, '/var/db/exectap'],
    );
  });

  it('never writes over a file', async () => {
    const out = folder.write('config.yaml', 'mine');
    const { code, stderr } = await exectap(['config', 'init', '--out', out]);
    assert.equal(code, 1);
    assert.match(stderr, /is there already and stays as it is/);
    assert.equal(readFileSync(out, 'utf8'), 'mine');
  });

  it('says where it cannot write', async () => {
    const { code, stderr } = await exectap(['config', 'init', '--out', folder.path('none/config.yaml')]);
    assert.equal(code, 1);
    assert.match(stderr, /none\/config\.yaml cannot be written/);
  });
});

describe('config check', () => {
  const folder = temporaryFolder();

  it('is content where nothing is configured', async () => {
    const { code, stderr } = await exectap(['config', 'check']);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /right, \d+ keys? set/);
  });

  it('names every fault with its line, and fails', async () => {
    const file = folder.write('c.yaml', 'sorce: auto\nlog:\n  level: loud\n');
    const { code, stdout, stderr } = await exectap(['config', 'check', file]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /c\.yaml:1: unknown key "sorce"; did you mean "source"\?/);
    assert.match(stderr, /c\.yaml:3: log\.level: must be debug, info, warn or error/);
  });

  it('fails where others could write the file', async () => {
    const file = folder.write('c.yaml', '');
    chmodSync(file, 0o666);
    const { code, stderr } = await exectap(['config', 'check', file]);
    assert.equal(code, 1);
    assert.match(stderr, /c\.yaml can be written by others/);
  });

  const dangerous: [mute: string, warning: RegExp | null][] = [
    ['path: /', /whatever runs as \/bin\/sh \(and \d+ more like it\) is not seen/],
    ['path: /bin/', /whatever runs as \/bin\/sh/],
    ['path: /usr/', /whatever runs as \/usr\/bin\/env/],
    ['path: /usr/bin/osascript', /whatever runs as \/usr\/bin\/osascript is not seen/],
    ['parent: /sbin/launchd', /whatever is started by \/sbin\/launchd is not seen/],
    ['path: /Users/ada/bin', /others than root may put programs below \/Users/],
    ['path: /private', /others than root may put programs below \/private\/tmp/],
    ['path: /tmp/build', /matches nothing: macOS reports \/private\/tmp for \/tmp/],
    ['signing_id: com.apple.ls', /any team can sign under this identifier: write platform:com\.apple\.ls/],
    ['signing_id: platform:com.apple.ls', null],
    ['team_id: A1B2C3D4E5', null],
    ['path: /usr/libexec/trustd', null],
    ['path: /opt/build/bin/', null],
    ['path: /bin/ls', null],
  ];
  for (const [mute, warning] of dangerous) {
    it(`${warning === null ? 'does not warn' : 'warns'} of the mute ${mute}, and passes`, async () => {
      const file = folder.write('c.yaml', `mutes:\n  - ${mute}\n`);
      const { code, stderr } = await exectap(['config', 'check', file]);
      assert.equal(code, 0);
      if (warning === null) assert.equal(stderr, `${file}: right, 1 key set\n`);
      else assert.match(stderr, warning);
    });
  }
});

describe('config show', () => {
  const folder = temporaryFolder();

  it('tells every key, its value as it would be written, and its place', async () => {
    const file = folder.write('c.yaml', 'selftest:\n  timeout: 2.5\nmutes:\n  - path: /opt/a\nstate: s\n');
    const shown = jsonLines(await exectap(['config', 'show', '--json', '--config', file]));
    const by = new Map(shown.map((each) => [each.key, each]));
    assert.deepEqual(by.get('selftest.timeout'), {
      key: 'selftest.timeout',
      value: '2500ms',
      from: 'file',
      file,
      line: 2,
    });
    assert.deepEqual([by.get('mutes').value, by.get('mutes').line], [[{ path: '/opt/a' }], 3]);
    assert.deepEqual([by.get('state').value, by.get('state').line], [folder.path('s'), 5]);
    assert.deepEqual(by.get('log.level'), { key: 'log.level', value: 'info', from: 'default' });
    assert.deepEqual(by.get('destination.url'), { key: 'destination.url', value: null, from: 'default' });
    const { stdout } = await exectap(['config', 'show', '--config', file]);
    assert.match(stdout, new RegExp(`^selftest\\.timeout\t2500ms\t${file}:2$`, 'm'));
    assert.match(stdout, /^selftest\.interval\t1h\tdefault$/m);
    assert.equal(stdout.trimEnd().split('\n').length, shown.length);
  });

  it('fails where the configuration cannot be used', async () => {
    const { code, stderr } = await exectap(['config', 'show', '--config', folder.path('none.yaml')]);
    assert.equal(code, 1);
    assert.match(stderr, /none\.yaml is not there/);
  });
});

describe('the places of a configuration', () => {
  const who = (platform: NodeJS.Platform, uid: number, installed: boolean) =>
    configPlaces(undefined, { trust: 'root', installed }, { platform, uid });

  it('are those of the installation on macOS, for root and for the worker', () => {
    for (const places of [who('darwin', 0, false), who('darwin', 240, true)]) {
      assert.equal(places.systemFile, '/Library/Application Support/exectap/config.yaml');
      assert.deepEqual(places.managed, {
        file: '/Library/Managed Preferences/io.exectap.agent.plist',
        plutil: '/usr/bin/plutil',
        trust: 'root',
      });
    }
  });

  it('are what is named and nothing else for another user, and on another system', () => {
    for (const places of [who('darwin', 501, false), who('linux', 0, true)])
      assert.deepEqual(places, { file: undefined, trust: 'root' });
  });
});

describe('a running agent and its configuration', () => {
  const folder = temporaryFolder();
  const dump = (pid: number): string =>
    `${execLine({
      pid,
      path: '/opt/a/security',
      startTime: `2026-08-12T11:00:00.${String(pid).padStart(6, '0')}Z`,
      args: ['security', 'dump-keychain', '-d'],
    })}\n`;

  it('mutes by what it finds at a reload, and counts what it cuts', async () => {
    const config = folder.write('c.yaml', 'log: {level: warn}\n');
    const state = folder.path('state');
    const agent = startExectap(['run', '--config', config, '--source', '-', '--state', state]);
    const pidsOf = async (): Promise<number[]> =>
      jsonLines(await exectap(['alerts', 'list', '--json', '--state', state])).map(
        ({ process }) => process.pid,
      );
    const status = async () => jsonLines(await exectap(['status', '--json', '--state', state]))[0].agent;
    agent.child.stdin!.write(dump(700));
    await agent.says('Dumping of Keychain');

    writeFileSync(config, 'log: {level: debug}\nmutes:\n  - path: /opt/a/\nselftest: {interval: 2h}\n');
    const reload = await exectap(['reload', '--state', state]);
    assert.match(reload.stderr, /1 rule in use, 1 mute in force/);
    assert.match(reload.stderr, /with the next start: selftest\n/);
    agent.child.stdin!.write(dump(701));
    while ((await status()).counters.tap.exec < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    const { muted, mutes } = (await status()).counters.pipeline;
    assert.deepEqual([muted, mutes], [1, [{ mute: 'path: /opt/a/', events: 1 }]]);
    assert.match((await exectap(['health', '--state', state])).stdout, /1 event was muted/);
    assert.match(
      (await exectap(['status', '--state', state])).stdout,
      /1 event was muted.*\n\s+1 by path: \/opt\/a\//,
    );

    writeFileSync(config, 'mutes: [{path: a}]\n');
    const refused = await exectap(['reload', '--state', state]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /c\.yaml:1: mutes\.0: path must be an absolute path/);

    writeFileSync(config, '');
    await exectap(['reload', '--state', state]);
    agent.child.stdin!.end(dump(702));
    const { code, stderr } = await agent.outcome;
    assert.equal(code, 0, stderr);
    assert.deepEqual((await pidsOf()).sort(), [700, 702]);
    assert.match(stderr, /1 event was muted: no rule has seen it/);
  });

  it('logs from the level of the configuration, and of the command line before it', async () => {
    const config = folder.write('c.yaml', 'log: {level: error}\n');
    const run = (more: string[]) =>
      exectap(['run', '--config', config, '--source', '-', '--state', join(folder.path(), 's'), ...more]);
    assert.doesNotMatch((await run([])).stderr, /tap started/);
    assert.match((await run(['--log-level', 'info'])).stderr, /tap started/);
  });

  it('says at its start which mutes hide much', async () => {
    const config = folder.write('c.yaml', 'mutes: [{path: /bin}]\n');
    const { stderr } = await exectap([
      'run',
      '--config',
      config,
      '--source',
      '-',
      '--state',
      folder.path('s'),
    ]);
    assert.match(stderr, /a mute that hides much.*path: \/bin: whatever runs as \/bin\/sh/);
  });
});
