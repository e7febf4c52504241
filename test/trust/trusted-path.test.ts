import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { relative } from 'node:path';
import { checkTrusted, readTrusted, UntrustedPathError } from '../../src/trust/index.ts';
import { temporaryFolder } from '../support/files.ts';
import { onlyRoot, refused, STRANGER } from './refused.ts';

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

type Made = { readonly uid: number; readonly mode: number };

/** Makes `shelf/file`, or `shelf/link` to a file elsewhere, as other users could have made them; gives the path. */
function make(folder: (name: string) => string, shelf: Made, entry: Made & { readonly link?: true }): string {
  mkdirSync(folder('shelf'));
  const path = folder(entry.link === true ? 'shelf/link' : 'shelf/file');
  const file = entry.link === true ? folder('file') : path;
  writeFileSync(file, 'text');
  chmodSync(file, entry.mode);
  if (entry.link === true) symlinkSync('../file', path);
  lchownSync(path, entry.uid, entry.uid);
  chmodSync(folder('shelf'), shelf.mode);
  chownSync(folder('shelf'), shelf.uid, shelf.uid);
  return path;
}

const ROOTS = { uid: 0, mode: 0o755 };
const STICKY = { uid: 0, mode: 0o1777 };
const FILE = { uid: 0, mode: 0o644 };

describe('who owns a path, with what mode', () => {
  const folder = temporaryFolder();

  for (const [name, shelf, entry, verdict] of [
    ['root’s in root’s folder', ROOTS, FILE, 'trusted'],
    ['root’s in a sticky folder', STICKY, FILE, 'trusted'],
    ['root’s in a sticky folder of a group', { uid: 0, mode: 0o1775 }, FILE, 'trusted'],
    ['root’s link in a sticky folder', STICKY, { ...FILE, link: true }, 'trusted'],
    ['root’s in a sticky folder of another', { ...STICKY, uid: STRANGER }, FILE, /shelf does not belong/],
    ['root’s in a folder of another', { ...ROOTS, uid: STRANGER }, FILE, /shelf does not belong/],
    ['root’s in a group’s folder', { uid: 0, mode: 0o775 }, FILE, /shelf can be written by others/],
    ['root’s in everybody’s folder', { uid: 0, mode: 0o777 }, FILE, /shelf can be written by others/],
    ['another’s in root’s folder', ROOTS, { ...FILE, uid: STRANGER }, /file does not belong/],
    ['another’s in a sticky folder', STICKY, { ...FILE, uid: STRANGER }, /file does not belong/],
    ['another’s and read-only', ROOTS, { uid: STRANGER, mode: 0o444 }, /file does not belong/],
    ['another’s link to root’s file', ROOTS, { ...FILE, uid: STRANGER, link: true }, /link does not belong/],
    ['the same in a sticky folder', STICKY, { ...FILE, uid: STRANGER, link: true }, /link does not belong/],
    ['a group’s in a sticky folder', STICKY, { uid: 0, mode: 0o664 }, /file can be written by others/],
    ['a sticky file', ROOTS, { uid: 0, mode: 0o1666 }, /file can be written by others/],
    ['a link to a group’s file', ROOTS, { uid: 0, mode: 0o664, link: true }, /file can be written by others/],
  ] as const) {
    it(`${name}: ${verdict === 'trusted' ? verdict : 'refused'}`, function () {
      onlyRoot(this);
      const path = make((each) => folder.path(each), shelf, entry);
      if (verdict === 'trusted') assert.equal(readTrusted(path, 'user', 10).bytes.toString(), 'text');
      else refused(() => readTrusted(path, 'user', 10), verdict);
    });
  }
});

describe('the way of a path', () => {
  const folder = temporaryFolder();

  /** `rules/x` is not what the kernel finds behind `link/../rules/x`: that is `deep/rules/x`. */
  function twoRules(): void {
    for (const name of ['rules', 'deep/real', 'deep/rules'])
      mkdirSync(folder.path(name), { recursive: true });
    folder.write('rules/x', 'beside the link');
    folder.write('deep/rules/x', 'beside its target');
    symlinkSync('deep/real', folder.path('link'));
  }

  it('is the kernel’s where `..` follows a link, in a path and in a link', () => {
    twoRules();
    symlinkSync('link/../rules/x', folder.path('to-x'));
    for (const path of [`${folder.path()}/link/../rules/x`, folder.path('to-x')]) {
      assert.equal(readFileSync(path, 'utf8'), 'beside its target');
      assert.equal(readTrusted(path, 'user', 100).bytes.toString(), 'beside its target');
    }
  });

  it('is judged where the kernel goes', () => {
    twoRules();
    chmodSync(folder.path('deep/rules/x'), 0o666);
    refused(
      () => checkTrusted(`${folder.path()}/link/../rules/x`, 'user'),
      /deep\/rules\/x can be written by others/,
    );
  });

  it('starts in the working folder where it is relative', () => {
    const file = folder.write('file', '');
    const { path } = checkTrusted(relative(process.cwd(), file), 'user');
    assert.equal(path, realpathSync(file));
  });

  it('does not go on behind a file', () => {
    folder.write('file', '');
    for (const path of [`${folder.path()}/file/../file`, `${folder.path()}/file/x`])
      refused(() => checkTrusted(path, 'user'), /file is not a folder/);
  });

  it('may have forty links and no more', () => {
    folder.write('link0', '');
    for (let i = 1; i <= 41; i += 1) symlinkSync(`link${i - 1}`, folder.path(`link${i}`));
    assert.equal(checkTrusted(folder.path('link40'), 'user').path, realpathSync(folder.path('link0')));
    refused(() => checkTrusted(folder.path('link41'), 'user'), /more than 40 symbolic links/);
  });
});

describe('what an error says to do', () => {
  const folder = temporaryFolder();

  it('can be pasted into a shell, whatever the path', () => {
    const file = folder.write("it's; touch pwned #", '');
    chmodSync(file, 0o666);
    const { remedy } = refused(() => checkTrusted(file, 'user'), /can be written by others/);
    execFileSync('/bin/sh', ['-c', remedy!], { cwd: folder.path() });
    assert.equal(statSync(file).mode & 0o777, 0o644);
    assert.deepEqual(readdirSync(folder.path()), ["it's; touch pwned #"]);
  });

  it('leaves /tmp as it is', () => {
    const { remedy } = refused(() => checkTrusted('/tmp', 'root'), /\/tmp can be written by others/);
    assert.match(remedy!, /^Put the files into a folder/);
  });
});
