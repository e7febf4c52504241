import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { checkTrustedTree } from '../../src/trust/index.ts';
import { temporaryFolder } from '../support/files.ts';
import { onlyRoot, refused, STRANGER } from './refused.ts';

describe('a folder of rules', () => {
  const folder = temporaryFolder();
  const check = (name = 'rules'): void => checkTrustedTree(folder.path(name), 'user');

  beforeEach(() => mkdirSync(folder.path('rules/deep'), { recursive: true }));

  it('is trusted with all that is in it, and so is a file alone', () => {
    folder.write('rules/deep/rule.toml', '');
    check();
    check('rules/deep/rule.toml');
  });

  it('is refused for one file deep in it', () => {
    chmodSync(folder.write('rules/deep/rule.toml', ''), 0o666);
    refused(check, /rules\/deep\/rule\.toml can be written by others/);
  });

  it('is refused for a file behind a link in it, and for one in a folder behind a link', () => {
    mkdirSync(folder.path('outside'));
    const file = folder.write('outside/rule.toml', '');
    symlinkSync('../outside/rule.toml', folder.path('rules/link.toml'));
    check();
    chmodSync(file, 0o646);
    refused(check, /outside\/rule\.toml can be written by others/);
    mkdirSync(folder.path('others'));
    symlinkSync('../outside', folder.path('others/link'));
    refused(() => check('others'), /outside\/rule\.toml can be written by others/);
  });

  it('is refused if others can put files into it, though they cannot take any away', () => {
    chmodSync(folder.path('rules/deep'), 0o1777);
    refused(check, /rules\/deep can be written by others .*mode 1777/);
    refused(() => check('rules/deep'), /rules\/deep can be written by others .*mode 1777/);
  });

  it('is refused for another user’s file in it', function () {
    onlyRoot(this);
    chownSync(folder.write('rules/deep/rule.toml', ''), STRANGER, STRANGER);
    refused(check, /rule\.toml does not belong to root or to the running user \(owner 12345/);
  });

  it('that was checked out under umask 002 is put right by the one command that the error names', () => {
    const files = ['rules/a.toml', 'rules/deep/b.toml', 'rules/deep/c.toml'].map((name) =>
      folder.write(name, ''),
    );
    for (const file of files) chmodSync(file, 0o664);
    chmodSync(folder.path('rules/deep'), 0o775);
    const { remedy } = refused(check, /can be written by others/);
    execFileSync('/bin/sh', ['-c', /chmod .*/.exec(remedy!)![0]]);
    check();
    assert.deepEqual(
      files.map((file) => statSync(file).mode & 0o777),
      [0o644, 0o644, 0o644],
    );
  });

  it('may hold links that lead in a circle', () => {
    symlinkSync('..', folder.path('rules/deep/up'));
    symlinkSync('.', folder.path('rules/here'));
    check();
    chmodSync(folder.write('rules/deep/rule.toml', ''), 0o666);
    refused(check, /rule\.toml can be written by others/);
  });

  it('is looked through once, however many links lead to its folders', function () {
    this.timeout(2_000);
    // A look along every way would be two to the power of eighteen.
    for (let i = 0; i <= 18; i += 1) mkdirSync(folder.path(`rules/${i}`));
    for (let i = 0; i < 18; i += 1)
      for (const name of ['a', 'b']) symlinkSync(`../${i + 1}`, folder.path(`rules/${i}/${name}`));
    check();
  });

  it('may have 20,000 files, however they are spread, and no more', () => {
    mkdirSync(folder.path('more'));
    for (let i = 0; i < 10_000; i += 1) folder.write(`more/${i}`, '');
    // With the folder `deep` and this link they are 20,000.
    for (let i = 0; i < 9_998; i += 1) folder.write(`rules/deep/${i}`, '');
    symlinkSync('../more', folder.path('rules/more'));
    check();
    folder.write('rules/one-more', '');
    refused(check, /more than 20000 files in one tree/);
  });
});
