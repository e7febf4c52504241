import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { checkTrusted, checkTrustedTree, readTrusted, UntrustedPathError } from '../../src/trust/index.ts';
import { temporaryFolder } from '../support/files.ts';

const root = process.geteuid?.() === 0;
const STRANGER = 12_345;

function onlyRoot(context: Mocha.Context): void {
  if (root) return;
  console.log('      skipped: only root can give files away');
  context.skip();
}

function refused(act: () => unknown, message: RegExp): void {
  assert.throws(act, (error: unknown) => {
    assert.ok(error instanceof UntrustedPathError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

describe('a path is trusted', () => {
  const folder = temporaryFolder();

  it('where it and everything above it is root’s', () => {
    assert.equal(checkTrusted('/usr/bin/env', 'root').facts.isFile(), true);
  });

  it('in development, where it is the running user’s below a sticky folder', () => {
    assert.equal(checkTrusted(folder.write('file', ''), 'user').path.endsWith('/file'), true);
  });

  it('through a link, and is the path that the link leads to', () => {
    folder.write('file', '');
    symlinkSync('./file', folder.path('link'));
    assert.equal(
      checkTrusted(folder.path('link'), 'user').path,
      checkTrusted(folder.path('file'), 'user').path,
    );
  });
});

describe('a path is refused', () => {
  const folder = temporaryFolder();

  it('below a world-writable folder where only root is trusted, sticky or not', () => {
    refused(
      () => checkTrusted(folder.write('file', ''), 'root'),
      /file: \/tmp can be written by others \(owner 0, mode 1777\)/,
    );
  });

  for (const mode of [0o620, 0o602, 0o666, 0o777]) {
    it(`with mode ${mode.toString(8)}, and the error says what to do`, () => {
      const file = folder.write('file', '');
      chmodSync(file, mode);
      assert.throws(
        () => checkTrusted(file, 'user'),
        (error: unknown) => {
          assert.ok(error instanceof UntrustedPathError);
          assert.match(
            error.message,
            new RegExp(`file can be written by others \\(owner \\d+, mode 0${mode.toString(8)}\\)`),
          );
          assert.equal(error.remedy, `chmod go-w '${file}'`);
          return true;
        },
      );
    });
  }

  it('for a folder above it', () => {
    mkdirSync(folder.path('open'));
    chmodSync(folder.path('open'), 0o775);
    refused(() => checkTrusted(folder.write('open/file', ''), 'user'), /open can be written by others/);
  });

  it('for a folder above the target of a link in it', () => {
    mkdirSync(folder.path('open'));
    chmodSync(folder.path('open'), 0o777);
    folder.write('open/file', '');
    symlinkSync('open/file', folder.path('link'));
    refused(() => checkTrusted(folder.path('link'), 'user'), /open can be written by others/);
  });

  it('for links that lead in a circle', () => {
    symlinkSync('b', folder.path('a'));
    symlinkSync('a', folder.path('b'));
    refused(() => checkTrusted(folder.path('a'), 'user'), /more than 40 symbolic links/);
  });

  it('where there is nothing', () =>
    refused(() => checkTrusted(folder.path('none'), 'user'), /none is not there/));

  it('where it is another user’s', function () {
    onlyRoot(this);
    const file = folder.write('file', '');
    chownSync(file, STRANGER, 0);
    refused(() => checkTrusted(file, 'user'), /does not belong to root or to the running user \(owner 12345/);
    refused(() => checkTrusted(file, 'root'), /\/tmp can be written by others/);
  });

  it('where a link in it is another user’s', function () {
    onlyRoot(this);
    folder.write('file', '');
    symlinkSync('file', folder.path('link'));
    lchownSync(folder.path('link'), STRANGER, STRANGER);
    refused(() => checkTrusted(folder.path('link'), 'user'), /link does not belong/);
  });
});

describe('a folder of rules', () => {
  const folder = temporaryFolder();

  it('is refused for one file deep in it, and for one behind a link in it', () => {
    mkdirSync(folder.path('rules/deep'), { recursive: true });
    const file = folder.write('rules/deep/rule.toml', '');
    checkTrustedTree(folder.path('rules'), 'user');
    chmodSync(file, 0o666);
    refused(() => checkTrustedTree(folder.path('rules'), 'user'), /rule\.toml can be written by others/);
    chmodSync(file, 0o644);
    const outside = folder.write('outside.toml', '');
    chmodSync(outside, 0o646);
    symlinkSync(outside, folder.path('rules/link.toml'));
    refused(() => checkTrustedTree(folder.path('rules'), 'user'), /outside\.toml can be written by others/);
  });
});

describe('reading a file of trusted people', () => {
  const folder = temporaryFolder();

  it('gives its bytes, and refuses more than it may have', () => {
    const file = folder.write('file', 'x'.repeat(200_000));
    assert.equal(readTrusted(file, 'user', 200_000).bytes.length, 200_000);
    refused(() => readTrusted(file, 'user', 199_999), /more than the 199999 bytes/);
  });

  it('refuses folders, fifos and devices, without waiting', () => {
    refused(() => readTrusted(folder.path(), 'user', 10), /is not a file/);
    execFileSync('mkfifo', ['-m', '600', folder.path('fifo')]);
    refused(() => readTrusted(folder.path('fifo'), 'user', 10), /is not a file/);
    refused(() => readTrusted('/dev/null', 'user', 10), /can be written by others|is not a file/);
  });

  it('never gives another file, though a link is turned round all the time', async () => {
    mkdirSync(folder.path('open'));
    folder.write('good', 'good');
    folder.write('open/bad', 'bad');
    chmodSync(folder.path('open'), 0o777);
    symlinkSync('good', folder.path('link'));
    // Renaming over the link turns it round at once.
    const flipper = spawn(process.execPath, [
      '-e',
      `const fs = require('node:fs'); process.chdir(process.argv[1]); console.log('flips');
       for (let i = 0; ; i += 1) { fs.symlinkSync(i % 2 ? 'good' : 'open/bad', 'next'); fs.renameSync('next', 'link'); }`,
      folder.path(),
    ]);
    try {
      await once(flipper.stdout, 'data');
      const counts = { good: 0, refused: 0 };
      for (let round = 0; round < 2_000; round += 1) {
        try {
          assert.equal(readTrusted(folder.path('link'), 'user', 100).bytes.toString(), 'good');
          counts.good += 1;
        } catch (error) {
          assert.ok(error instanceof UntrustedPathError, String(error));
          counts.refused += 1;
        }
      }
      assert.ok(counts.good > 100 && counts.refused > 100, JSON.stringify(counts));
    } finally {
      flipper.kill('SIGKILL');
      await once(flipper, 'exit');
    }
  });
});

describe('dropping to the owner of a file', () => {
  const folder = temporaryFolder();
  const program = (file: string): string => `
    import { dropToOwner } from ${JSON.stringify(pathToFileURL('src/trust/index.ts').href)};
    dropToOwner(${JSON.stringify(file)});
    const regained = [];
    for (const [name, act] of Object.entries({
      setuid: () => process.setuid(0), seteuid: () => process.seteuid(0), setgid: () => process.setgid(0),
      setgroups: () => process.setgroups([0]) })) {
      try { act(); regained.push(name); } catch {}
    }
    console.log(JSON.stringify([process.getuid(), process.geteuid(), process.getgid(), process.getgroups(), regained]));`;
  const run = (file: string): unknown => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import=tsx', '--input-type=module', '-e', program(file)],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(stderr, '');
    return JSON.parse(stdout);
  };

  it('leaves root nothing of its rights', function () {
    onlyRoot(this);
    const file = folder.write('file', '');
    chownSync(file, STRANGER, 23_456);
    assert.deepEqual(run(file), [STRANGER, STRANGER, 23_456, [23_456], []]);
  });

  it('does nothing where the file is root’s', function () {
    onlyRoot(this);
    const [uid] = run(folder.write('file', '')) as number[];
    assert.equal(uid, 0);
  });
});
