import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rename, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  openStore,
  StoreDamagedError,
  type StoreError,
  StoreMissingError,
  StoreOutdatedError,
  StorePermissionError,
  StoreReadOnlyError,
  StoreTooNewError,
} from '../../src/store/index.ts';
import { connect } from '../../src/store/sqlite/connection.ts';
import { migrate, SCHEMA_VERSION } from '../../src/store/sqlite/migrations.ts';
import { sampleException } from './exception-conformance.ts';
import { sampleGap } from './gap-conformance.ts';
import { sampleAlert, sampleAlerts, withDirectory } from './samples.ts';

const STORE = JSON.stringify(join(import.meta.dirname, '../../src/store/index.ts'));

/** Runs a module's text in a process of its own, with the store's directory as its first argument. */
function runScript(script: string, ...args: string[]): Promise<unknown> {
  return promisify(execFile)(process.execPath, [
    '--import=tsx',
    '--input-type=module',
    '-e',
    script,
    ...args,
  ]);
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o7777).toString(8);
}

/** Makes a store with three alerts in `directory` and closes it. */
async function filledStore(directory: string): Promise<string> {
  const store = await openStore(directory);
  await store.append(sampleAlerts(3));
  await store.close();
  return join(directory, 'exectap.db');
}

/** The error that `promise` rejects with, which must be of this type and say what to do. */
async function failureOf(promise: Promise<unknown>, type: typeof StoreError): Promise<StoreError> {
  const failure = await promise.then(
    () => assert.fail('it should have been refused'),
    (thrown: unknown) => thrown,
  );
  assert.ok(failure instanceof type, String(failure));
  assert.ok(failure.remedy !== undefined && failure.remedy !== '');
  return failure;
}

describe('the files of the store', () => {
  it('are private to their user whatever the umask', () =>
    withDirectory(async (parent) => {
      const directory = join(parent, 'a', 'store');
      const script = `
        import { openStore } from ${STORE};
        process.umask(0);
        const store = await openStore(process.argv[1]);
        await store.setMeta('a', 'b');
        process.kill(process.pid, 'SIGKILL');`;
      await assert.rejects(runScript(script, directory), { signal: 'SIGKILL' });
      assert.equal(await modeOf(directory), '700');
      for (const suffix of ['', '-wal', '-shm']) {
        assert.equal(await modeOf(join(directory, `exectap.db${suffix}`)), '600', suffix);
      }
    }));

  it('stay usable under a umask that takes the owner rights away', () =>
    withDirectory(async (parent) => {
      const before = process.umask(0o777);
      try {
        const store = await openStore(join(parent, 'store'));
        await store.append([sampleAlert(1)]);
        await store.close();
      } finally {
        process.umask(before);
      }
      assert.equal(await modeOf(join(parent, 'store')), '700');
      assert.equal(await modeOf(join(parent, 'store', 'exectap.db')), '600');
    }));

  it('are made private again if somebody opened them up', () =>
    withDirectory(async (directory) => {
      const path = await filledStore(directory);
      await chmod(directory, 0o755);
      await chmod(path, 0o644);
      const store = await openStore(directory);
      await store.close();
      assert.deepEqual([await modeOf(directory), await modeOf(path)], ['700', '600']);
    }));

  it('are not put into a directory that others can write', () =>
    withDirectory(async (parent) => {
      for (const mode of [0o777, 0o770, 0o1777, 0o702]) {
        const directory = join(parent, mode.toString(8));
        await mkdir(directory);
        await chmod(directory, mode);
        const failure = await failureOf(openStore(directory), StorePermissionError);
        assert.ok(failure.message.includes(directory));
        assert.equal(await modeOf(directory), mode.toString(8));
        await failureOf(openStore(directory, { readOnly: true }), StorePermissionError);
      }
    }));

  it('leave a shared directory with other files in it alone', () =>
    withDirectory(async (parent) => {
      await writeFile(join(parent, 'other'), '');
      await chmod(parent, 0o755);
      await failureOf(openStore(parent), StorePermissionError);
      assert.equal(await modeOf(parent), '755');
      await assert.rejects(stat(join(parent, 'exectap.db')));
    }));

  it('make an empty directory that others can read private', () =>
    withDirectory(async (directory) => {
      await chmod(directory, 0o755);
      await filledStore(directory);
      assert.equal(await modeOf(directory), '700');
    }));

  it('may be reached through a link', () =>
    withDirectory(async (parent) => {
      await mkdir(join(parent, 'real'), { mode: 0o700 });
      await symlink(join(parent, 'real'), join(parent, 'link'));
      await filledStore(join(parent, 'link'));
      assert.equal(await modeOf(join(parent, 'real', 'exectap.db')), '600');
    }));
});

describe('opening what is not there', () => {
  it('is refused for reading, and nothing is made', () =>
    withDirectory(async (parent) => {
      const directory = join(parent, 'none');
      await failureOf(openStore(directory, { readOnly: true }), StoreMissingError);
      await failureOf(openStore(parent, { readOnly: true }), StoreMissingError);
      await failureOf(openStore(directory, { createIfMissing: false }), StoreMissingError);
      await assert.rejects(stat(directory));
      await assert.rejects(stat(join(parent, 'exectap.db')));
    }));

  it('says so when the path is a file', () =>
    withDirectory(async (parent) => {
      await writeFile(join(parent, 'file'), 'x');
      await failureOf(openStore(join(parent, 'file')), StorePermissionError);
      await failureOf(openStore(join(parent, 'file', 'below')), StorePermissionError);
    }));
});

describe('opening what is not ours', () => {
  const foreign: Record<string, (path: string) => Promise<unknown>> = {
    text: (path) => writeFile(path, 'this is a text, and a rather long one at that\n'.repeat(100)),
    'a few bytes': (path) => writeFile(path, 'SQLite'),
    zeros: (path) => writeFile(path, Buffer.alloc(8192)),
    'a header and nothing else': (path) => writeFile(path, 'SQLite format 3\0'),
    'a header and garbage': (path) => writeFile(path, `SQLite format 3\0${'x'.repeat(5000)}`),
    'a database of another program': async (path) => {
      await writeFile(path, '');
      const other = await connect(path, { readOnly: false });
      await other.exec('CREATE TABLE notes (text); INSERT INTO notes VALUES (1)');
      await other.close();
    },
  };

  for (const [name, make] of Object.entries(foreign)) {
    it(`refuses ${name} and does not touch it`, () =>
      withDirectory(async (directory) => {
        const path = join(directory, 'exectap.db');
        await make(path);
        const before = await readFile(path);
        await failureOf(openStore(directory), StoreDamagedError);
        await failureOf(openStore(directory, { readOnly: true }), StoreDamagedError);
        assert.deepEqual(await readFile(path), before);
      }));
  }

  it('refuses a directory in place of the file', () =>
    withDirectory(async (directory) => {
      await mkdir(join(directory, 'exectap.db'));
      await failureOf(openStore(directory), StoreDamagedError);
    }));

  it('refuses an emptied file beside a log that still has alerts, and keeps both', () =>
    withDirectory(async (directory) => {
      const path = await filledStore(directory);
      await rename(path, `${path}-wal`);
      await writeFile(path, '');
      const before = await readFile(`${path}-wal`);
      await failureOf(openStore(directory), StoreDamagedError);
      assert.deepEqual(await readFile(`${path}-wal`), before);
    }));

  it('takes an empty file for a new store: a first start may have been cut off there', () =>
    withDirectory(async (directory) => {
      const path = await filledStore(directory);
      await truncate(path, 0);
      const store = await openStore(directory);
      assert.equal((await store.counts()).total, 0);
      await store.close();
    }));
});

describe('versions of the schema', () => {
  it('refuses a database of a newer program and leaves every byte as it is', () =>
    withDirectory(async (directory) => {
      const path = await filledStore(directory);
      const newer = await connect(path, { readOnly: false });
      await newer.exec(`CREATE TABLE future (x); PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
      await newer.close();
      const before = await readFile(path);
      for (const readOnly of [false, true]) {
        const failure = await failureOf(openStore(directory, { readOnly }), StoreTooNewError);
        assert.ok(failure.message.includes(`version ${SCHEMA_VERSION + 1}`));
      }
      assert.deepEqual(await readFile(path), before);
    }));

  for (const version of [1, 2]) {
    it(`brings a database of version ${version} forward and keeps its alerts and what was delivered`, () =>
      withDirectory(async (directory) => {
        const path = join(directory, 'exectap.db');
        await writeFile(path, '');
        const older = await connect(path, { readOnly: false });
        await migrate(older, path, version);
        await older.exec(`
          INSERT INTO destinations (name) VALUES ('soc');
          INSERT INTO alerts (id, rule_id, rule_name, severity, risk_score, entity_id, time_ms, stored_ms, document, detail)
            SELECT 'id-' || value, 'r', 'R', 'low', 21, 'e-' || value, value, value, '{}', '{}' FROM json_each('[1,2,3]');
          UPDATE deliveries SET state = 'delivered' WHERE alert = 1;
          UPDATE deliveries SET attempts = 4, last_error = 'busy', last_attempt_ms = 9 WHERE alert = 2`);
        await older.close();
        await failureOf(openStore(directory, { readOnly: true }), StoreOutdatedError);
        const store = await openStore(directory);
        assert.equal((await store.list()).length, 3);
        assert.equal((await store.addException(sampleException(1))).changed, true);
        await store.saveGaps([sampleGap(1)]);
        assert.deepEqual(
          (await store.due('soc', 0, 10)).map(({ documentId, attempts }) => [documentId, attempts]),
          [
            ['id-2', 4],
            ['id-3', 0],
            [sampleGap(1).documents[0]!.id, 0],
          ],
        );
        await store.settle('soc', [{ number: 2, kind: 'retry', nextAttemptMs: 7, error: 'full', atMs: 6 }]);
        const [soc] = (await store.counts()).destinations;
        assert.deepEqual([soc?.pending, soc?.delivered, soc?.lastError], [3, 1, 'full']);
        await store.append([sampleAlert(9)]);
        assert.equal((await store.due('soc', 0, 10)).length, 3);
        await store.close();
      }));
  }

  it('does not read an older database that it may not bring forward', () =>
    withDirectory(async (directory) => {
      await writeFile(join(directory, 'exectap.db'), '');
      await failureOf(openStore(directory, { readOnly: true }), StoreOutdatedError);
    }));

  it('lets several processes make the same new store at once', () =>
    withDirectory(async (parent) => {
      const directory = join(parent, 'store');
      const script = `
        import { openStore } from ${STORE};
        import { sampleAlerts } from ${JSON.stringify(join(import.meta.dirname, 'samples.ts'))};
        const store = await openStore(process.argv[1]);
        await store.append(sampleAlerts(20, Number(process.argv[2])));
        await store.close();`;
      await Promise.all([0, 10, 20, 30].map((first) => runScript(script, directory, String(first))));
      const store = await openStore(directory);
      assert.equal((await store.counts()).total, 50);
      await store.close();
    }));
});

describe('a store open for reading only', () => {
  it('reads beside a writer, refuses writes and changes no mode', () =>
    withDirectory(async (directory) => {
      const writer = await openStore(directory);
      await writer.append([sampleAlert(1)]);
      const reader = await openStore(directory, { readOnly: true });
      await writer.append([sampleAlert(2)]);
      assert.equal((await reader.list()).length, 2);
      assert.equal((await reader.counts()).total, 2);
      await assert.rejects(reader.append([sampleAlert(3)]), StoreReadOnlyError);
      await assert.rejects(reader.setStatus(sampleAlert(1).id, 'closed', null, 1), StoreReadOnlyError);
      await assert.rejects(reader.setMeta('a', 'b'), StoreReadOnlyError);
      await assert.rejects(reader.addDestination('a'), StoreReadOnlyError);
      await reader.close();
      await writer.close();
    }));

  it('reads a store that nobody has open', () =>
    withDirectory(async (directory) => {
      await filledStore(directory);
      const reader = await openStore(directory, { readOnly: true });
      assert.equal((await reader.list()).length, 3);
      await reader.close();
    }));
});
