import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readCredentials } from '../../src/forward/api-key.ts';
import { SecretFileError } from '../../src/forward/index.ts';
import { readSecretFile } from '../../src/forward/secret-file.ts';
import { secretFile, withDirectory } from './helpers.ts';

const SECRET = 'c2VjcmV0LWlkOnNlY3JldC1rZXk=';

async function refusalOf(path: string): Promise<SecretFileError> {
  const failure = await new Promise<string>((resolve) => {
    resolve(readSecretFile(path));
  }).then(
    () => assert.fail('it should have been refused'),
    (thrown: unknown) => thrown,
  );
  assert.ok(failure instanceof SecretFileError, String(failure));
  assert.ok(failure.message.includes(path));
  assert.ok(!`${failure.stack} ${failure.remedy}`.includes(SECRET));
  return failure;
}

describe('a file with a secret', () => {
  for (const [name, text] of [
    ['without a line break', SECRET],
    ['with one', `${SECRET}\n`],
    ['with a carriage return', `${SECRET}\r\n`],
    ['between blanks', `  ${SECRET} \n\n`],
  ] as const) {
    it(`gives its line ${name}`, () =>
      withDirectory(async (directory) => {
        assert.equal(readSecretFile(await secretFile(directory, text)), SECRET);
      }));
  }

  for (const mode of [0o400, 0o600]) {
    it(`may have mode ${mode.toString(8)}`, () =>
      withDirectory(async (directory) => {
        const path = await secretFile(directory, SECRET);
        await chmod(path, mode);
        assert.equal(readSecretFile(path), SECRET);
      }));
  }

  for (const mode of [0o440, 0o640]) {
    it(`may have mode ${mode.toString(8)} only where it is root’s, and then for the agent’s own group`, () =>
      withDirectory(async (directory) => {
        const path = await secretFile(directory, SECRET);
        await chmod(path, mode);
        if (process.geteuid?.() !== 0) return void (await refusalOf(path));
        assert.equal(readSecretFile(path), SECRET);
        await chown(path, 0, 12_345);
        assert.match((await refusalOf(path)).message, /group 12345/);
      }));
  }

  it('is refused if it lies where others can put files', () =>
    withDirectory(async (directory) => {
      const path = await secretFile(directory, SECRET);
      await chmod(directory, 0o777);
      assert.match((await refusalOf(path)).message, /can be written by others/);
    }));

  it('is refused below a world-writable folder where only root is trusted, sticky or not', () =>
    withDirectory(async (directory) => {
      const path = await secretFile(directory, SECRET);
      assert.throws(() => readSecretFile(path, 'root'), SecretFileError);
    }));

  for (const mode of [0o644, 0o604, 0o602, 0o660, 0o601, 0o666]) {
    it(`is refused with mode ${mode.toString(8)}`, () =>
      withDirectory(async (directory) => {
        const path = await secretFile(directory, SECRET);
        await chmod(path, mode);
        assert.ok((await refusalOf(path)).message.includes(mode.toString(8)));
      }));
  }

  it('is refused if it belongs to somebody else', function () {
    if (process.geteuid?.() !== 0) {
      console.log('      only root can give a file away');
      this.skip();
    }
    return withDirectory(async (directory) => {
      const path = await secretFile(directory, SECRET);
      await chown(path, 12_345, 12_345);
      assert.match((await refusalOf(path)).message, /12345/);
    });
  });

  it('may be reached through a link, whose target is then judged', () =>
    withDirectory(async (directory) => {
      const path = await secretFile(directory, SECRET);
      const link = join(directory, 'link');
      await symlink(path, link);
      assert.equal(readSecretFile(link), SECRET);
      await chmod(path, 0o644);
      await refusalOf(link);
    }));

  it('is refused if it is missing, a directory or a fifo, without waiting', () =>
    withDirectory(async (directory) => {
      await refusalOf(join(directory, 'none'));
      await mkdir(join(directory, 'folder'));
      await refusalOf(join(directory, 'folder'));
      await promisify(execFile)('mkfifo', ['-m', '600', join(directory, 'fifo')]);
      await refusalOf(join(directory, 'fifo'));
    }));

  for (const [name, text] of [
    ['empty', '\n'],
    ['of two lines', `${SECRET}\n${SECRET}\n`],
    ['with a control character', `${SECRET}\u0007`],
    ['too long', SECRET.repeat(200)],
  ] as const) {
    it(`is refused if it is ${name}, and the error does not show it`, () =>
      withDirectory(async (directory) => {
        const path = join(directory, 'key');
        await writeFile(path, text, { mode: 0o600 });
        await refusalOf(path);
      }));
  }

  it('gives the same header for an encoded key and for id:key', () =>
    withDirectory(async (directory) => {
      const encoded = readCredentials(await secretFile(directory, SECRET));
      const plain = readCredentials(await secretFile(directory, 'secret-id:secret-key\n'));
      assert.deepEqual(encoded.headers, { authorization: `ApiKey ${SECRET}` });
      assert.deepEqual(plain.headers, encoded.headers);
    }));
});
