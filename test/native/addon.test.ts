import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { addon, loadAddon } from '../../src/native/addon.ts';
import { layoutTable } from '../../src/native/layout.ts';
import { AddonError } from '../../src/tap/index.ts';

const release = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'native', 'build', 'Release');

describe('the native core', () => {
  it('passes its own tests', async () => {
    const { stdout } = await promisify(execFile)(join(release, 'core_test'), { timeout: 60_000 });
    assert.match(stdout, /^[1-9]\d* passed, 0 failed$/m);
  });
});

describe('the native addon', () => {
  it('lays its records out as the TypeScript side reads them', () => {
    assert.deepEqual(addon().layout, layoutTable());
  });

  it('has no two fields that overlap', () => {
    const wide = [
      'timeUs',
      'machTime',
      'seqNum',
      'globalSeqNum',
      'threadId',
      'time',
      'commandLine',
      'cwd',
      'script',
    ];
    wide.push(
      'dyldExecPath',
      'control',
      'ownBytes',
      'startUs',
      'cdhash',
      'signingId',
      'teamId',
      'executable',
      'tty',
    );
    wide.push('startTime');
    const { actorBlock = 0, subjectBlock = 0, recordWords } = layoutTable();
    for (const [prefix, words] of [
      ['header.', actorBlock],
      ['block.', subjectBlock - actorBlock],
    ] as const) {
      const used = new Set<number>();
      for (const [name, at] of Object.entries(layoutTable())) {
        if (!name.startsWith(prefix)) continue;
        const field = name.slice(prefix.length);
        const size = field.endsWith('Token') ? 8 : wide.includes(field) ? 2 : 1;
        for (let word = at; word < at + size; word += 1) {
          assert.ok(!used.has(word), `${name} overlaps at word ${word}`);
          assert.ok(word < words, `${name} reaches beyond its part`);
          used.add(word);
        }
        if (field.endsWith('Us')) assert.equal(at % 2, 0, `${name} is a double`);
      }
    }
    assert.equal(recordWords, subjectBlock + (subjectBlock - actorBlock));
  });
});

describe('the loader of the addon', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'exectap-addon-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  async function put(place: string, content: string): Promise<void> {
    await mkdir(dirname(join(root, place)), { recursive: true });
    await writeFile(join(root, place), content);
  }

  it('says what it tried and what to do when there is none', () => {
    assert.throws(
      () => loadAddon({ root, platform: 'darwin', arch: 'arm64' }),
      (error: AddonError) => {
        assert.ok(error instanceof AddonError);
        assert.match(error.message, /exectap-darwin-arm64, .*Release.exectap\.node, .*Debug.exectap\.node/);
        assert.match(error.remedy!, /npm run build:native/);
        return true;
      },
    );
  });

  it('takes the package of the platform before a build', async () => {
    const made = JSON.stringify(layoutTable());
    await put('node_modules/exectap-darwin-x64/index.js', `module.exports = { mark: 1, layout: ${made} };`);
    await put('native/build/Release/exectap.node', 'not looked at');
    const found = loadAddon({ root, platform: 'darwin', arch: 'x64' });
    assert.equal((found as unknown as { mark: number }).mark, 1);
  });

  it('takes a build', async () => {
    await mkdir(join(root, 'native', 'build', 'Debug'), { recursive: true });
    await copyFile(join(release, 'exectap.node'), join(root, 'native', 'build', 'Debug', 'exectap.node'));
    assert.equal(typeof loadAddon({ root }).NativeTap, 'function');
  });

  it('does not pass over an addon that does not load', async () => {
    await put('native/build/Release/exectap.node', 'this is no shared object');
    assert.throws(() => loadAddon({ root }), {
      name: 'AddonError',
      message: /Release.exectap\.node does not load: /,
    });
  });

  it('does not pass over a package that misses a module of its own', async () => {
    await put('node_modules/exectap-darwin-x64/index.js', `require('./gone.node');`);
    assert.throws(
      () => loadAddon({ root, platform: 'darwin', arch: 'x64' }),
      /exectap-darwin-x64 does not load/,
    );
  });

  it('refuses an addon that was built from other sources', async () => {
    const layout = JSON.stringify({ ...layoutTable(), 'header.time': 99 });
    await put('node_modules/exectap-darwin-x64/index.js', `module.exports = { layout: ${layout} };`);
    assert.throws(() => loadAddon({ root, platform: 'darwin', arch: 'x64' }), {
      name: 'AddonError',
      message: /built from other sources: its record differs in header\.time$/,
    });
  });

  it('refuses a runtime whose Node-API is too old', () => {
    assert.throws(() => loadAddon({ root, nodeApi: 7 }), /Node-API 7.*needs 8/);
  });
});
