import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { readTrusted, UntrustedPathError } from '../../src/trust/index.ts';
import { temporaryFolder } from '../support/files.ts';
import { onlyRoot, refused } from './refused.ts';

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
    refused(() => readTrusted('/dev/null', 'user', 10), /\/dev\/null can be written by others/);
  });

  it('refuses a device that only root can use', function () {
    onlyRoot(this);
    const device = folder.path('device');
    // Of the memory device that gives zeros [null(4)]; some containers let nobody make one.
    const made = spawnSync('mknod', ['-m', '600', device, 'c', '1', '5']);
    if (made.status !== 0) {
      console.log(`      skipped: ${made.stderr.toString().trim()}`);
      this.skip();
    }
    refused(() => readTrusted(device, 'user', 10), /device is not a file/);
  });

  it('does not read more of a huge file than it may have', () => {
    const file = folder.write('file', '');
    truncateSync(file, 2 ** 40);
    refused(() => readTrusted(file, 'user', 1_000_000), /more than the 1000000 bytes/);
  });

  it('says which file cannot be read, and not what is in it', function () {
    if (process.geteuid?.() === 0) {
      console.log('      skipped: root can read every file');
      this.skip();
    }
    const file = folder.write('file', 'secret');
    chmodSync(file, 0o200);
    refused(() => readTrusted(file, 'user', 10), /file cannot be read: EACCES/);
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
