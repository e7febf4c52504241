import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { NewAlert } from '../../src/store/alert-store.ts';
import { StoreBusyError, StoreClosedError, StoreError } from '../../src/store/errors.ts';
import { bind } from '../../src/store/sqlite/bind.ts';
import { connect } from '../../src/store/sqlite/connection.ts';
import {
  GroupCommit,
  MAX_ALERTS_PER_COMMIT,
  MAX_CHARS_PER_COMMIT,
} from '../../src/store/sqlite/group-commit.ts';
import { sampleAlert, sampleAlerts } from './samples.ts';

describe('bind', () => {
  it('passes what SQLite holds exactly', () => {
    const values = ['', 'text', 0, -1, 1.5, 2 ** 53 - 1, null];
    assert.deepEqual(bind(values), values);
  });

  for (const value of [1n, undefined, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, true, {}, new Date(0)]) {
    it(`throws on ${inspect(value)}, which the driver would change without a word`, () => {
      assert.throws(() => bind(['ok', value as string]), /Value 2 cannot be bound/);
    });
  }
});

describe('a connection', () => {
  it('runs statements one after the other in the order of the calls', async () => {
    const connection = await connect(':memory:', { readOnly: false });
    await connection.exec('CREATE TABLE t (n)');
    await Promise.all(
      Array.from({ length: 200 }, (_, n) => connection.run('INSERT INTO t VALUES (?1)', [n])),
    );
    const rows = await connection.all<{ n: number }>('SELECT n FROM t ORDER BY rowid');
    assert.deepEqual(
      rows.map(({ n }) => n),
      Array.from({ length: 200 }, (_, n) => n),
    );
    await connection.close();
    await assert.rejects(connection.run('SELECT 1'), StoreClosedError);
  });

  it('goes on after a statement that failed', async () => {
    const connection = await connect(':memory:', { readOnly: false });
    await assert.rejects(connection.run('SELECT * FROM nothing'), StoreError);
    await assert.rejects(connection.all('SELECT ?1', [1n as unknown as number]), TypeError);
    assert.deepEqual(await connection.all('SELECT 1 AS one'), [{ one: 1 }]);
    await connection.close();
  });
});

/** A commit that is ended by hand, and what it was given. */
function manualCommit(): {
  commits: NewAlert[][];
  commit: (alerts: readonly NewAlert[]) => Promise<string[]>;
  end: (failure?: Error) => Promise<void>;
} {
  const commits: NewAlert[][] = [];
  let settle: (failure?: Error) => void = () => assert.fail('no commit is running');
  return {
    commits,
    commit: (alerts) => {
      commits.push([...alerts]);
      return new Promise((resolve, reject) => {
        settle = (failure) => (failure === undefined ? resolve(alerts.map(({ id }) => id)) : reject(failure));
      });
    },
    end: async (failure) => {
      settle(failure);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('group commit', () => {
  it('commits the first alert at once and gathers what comes meanwhile', async () => {
    const { commits, commit, end } = manualCommit();
    const group = new GroupCommit(commit);
    const calls = sampleAlerts(6).map((alert) => group.append([alert]));
    await end();
    await end();
    assert.deepEqual(
      commits.map((alerts) => alerts.length),
      [1, 5],
    );
    await Promise.all(calls);
  });

  it('bounds a commit by count and by size', async () => {
    const { commits, commit, end } = manualCommit();
    const group = new GroupCommit(commit);
    const document = JSON.stringify('x'.repeat(MAX_CHARS_PER_COMMIT * 0.4));
    const large = [1, 2, 3].map((number) => sampleAlert(10_000 + number, { document }));
    const huge = sampleAlert(20_000, { document: JSON.stringify('x'.repeat(MAX_CHARS_PER_COMMIT * 2)) });
    const call = group.append([...sampleAlerts(MAX_ALERTS_PER_COMMIT + 1), ...large, huge]);
    for (let each = 0; each < 4; each += 1) await end();
    assert.deepEqual(
      commits.map((alerts) => alerts.length),
      [MAX_ALERTS_PER_COMMIT, 3, 1, 1],
    );
    assert.equal((await call).stored.length, MAX_ALERTS_PER_COMMIT + 5);
  });

  it('tells every caller of a commit that failed, and stores the next ones', async () => {
    const { commit, end } = manualCommit();
    const group = new GroupCommit(commit);
    const calls = sampleAlerts(3).map((alert) => group.append([alert]));
    const settled = Promise.allSettled(calls);
    await end();
    await end(new StoreBusyError('held'));
    assert.deepEqual(
      (await settled).map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected'],
    );
    const later = group.append([sampleAlert(1)]);
    await end();
    assert.deepEqual((await later).stored, [sampleAlert(1).id]);
  });
});
