import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, StoreBusyError } from '../../src/store/index.ts';
import { BUSY_TIMEOUT_MS, connect } from '../../src/store/sqlite/connection.ts';
import { sampleAlert, sampleAlerts, withDirectory } from './samples.ts';

/** Kills at random moments; 20 rounds of it take some 15 s. */
const ROUNDS = 20;
/** Alert numbers set aside for each round. */
const NUMBERS_PER_ROUND = 100_000;

interface Writer {
  process: ChildProcess;
  /** Ids reported as durable so far. */
  ids: string[];
  /** Resolves once the process has opened the store. */
  opened: Promise<unknown>;
  /** Resolves when all that it printed was read. */
  ended: Promise<unknown>;
}

function startWriter(directory: string, first: number): Writer {
  const script = join(import.meta.dirname, 'writer-process.ts');
  const child = spawn(process.execPath, ['--import=tsx', script, directory, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const ids: string[] = [];
  const opened = once(lines, 'line');
  lines.on('line', (line) => {
    if (line !== 'open') ids.push(line);
  });
  const ended = Promise.all([once(lines, 'close'), once(child, 'close')]);
  return { process: child, ids, opened, ended };
}

async function integrityOf(directory: string): Promise<string> {
  const connection = await connect(join(directory, 'exectap.db'), { readOnly: true });
  const [row] = await connection.all<{ integrity_check: string }>('PRAGMA integrity_check');
  await connection.close();
  return row!.integrity_check;
}

describe('a process that is killed while it appends', function () {
  this.timeout(60_000);

  it(`loses no alert that it reported as stored, in ${ROUNDS} rounds`, () =>
    withDirectory(async (directory) => {
      let reported = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const writer = startWriter(directory, round * NUMBERS_PER_ROUND);
        await writer.opened;
        await sleep(Math.random() * 150);
        writer.process.kill('SIGKILL');
        await writer.ended;
        assert.equal(await integrityOf(directory), 'ok');
        const store = await openStore(directory);
        for (const id of writer.ids) assert.equal((await store.get(id))?.id, id);
        const { total, destinations } = await store.counts();
        // Alerts that were durable, but whose report did not get out, may be there as well: each with its delivery.
        assert.ok(total >= reported + writer.ids.length);
        assert.equal(destinations[0]!.pending, total);
        await store.close();
        reported += writer.ids.length;
      }
      assert.ok(
        reported > ROUNDS,
        `only ${reported} alerts were stored: the kills came too early to tell anything`,
      );
    }));
});

describe('a second process beside a running agent', function () {
  this.timeout(30_000);

  it('reads, acknowledges and closes while alerts pour in', () =>
    withDirectory(async (directory) => {
      const agent = startWriter(directory, 0);
      await agent.opened;
      const store = await openStore(directory, { createIfMissing: false });
      while (agent.ids.length === 0) await sleep(1);
      for (let change = 0; change < 40; change += 1) {
        const [newest] = await store.list({ limit: 1, status: 'open' });
        const status = change % 2 === 0 ? 'closed' : 'acknowledged';
        await store.setStatus(newest!.id, status, `change ${change}`, change);
        // Each append is a chance for the two writers to meet.
        const seen = agent.ids.length;
        while (agent.ids.length === seen) await sleep(1);
      }
      const before = agent.ids.length;
      await sleep(100);
      assert.ok(agent.ids.length > before, 'the agent goes on');
      agent.process.kill('SIGKILL');
      await agent.ended;
      const { byStatus } = await store.counts();
      assert.deepEqual([byStatus.closed, byStatus.acknowledged], [20, 20]);
      await store.close();
    }));

  it('gives up with a clear error when the database stays locked, and works once it is free', () =>
    withDirectory(async (directory) => {
      const store = await openStore(directory);
      await store.append([sampleAlert(1)]);
      const other = await connect(join(directory, 'exectap.db'), { readOnly: false });
      await other.exec('BEGIN IMMEDIATE');
      const begun = performance.now();
      await assert.rejects(store.setStatus(sampleAlert(1).id, 'closed', null, 1), StoreBusyError);
      assert.ok(performance.now() - begun < BUSY_TIMEOUT_MS + 1_500);
      assert.equal((await store.list()).length, 1, 'reading does not need the lock');
      const waiting = store.append(sampleAlerts(3, 10));
      await sleep(50);
      await other.exec('COMMIT');
      assert.equal((await waiting).stored.length, 3);
      await other.close();
      await store.close();
    }));
});

describe('the event loop', () => {
  it('turns while the store writes and reads', () =>
    withDirectory(async (directory) => {
      const store = await openStore(directory);
      let turns = 0;
      let longest = 0;
      let last = performance.now();
      const timer = setInterval(() => {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        turns += 1;
      }, 1);
      for (let batch = 0; batch < 10; batch += 1) await store.append(sampleAlerts(500, batch * 500));
      await store.counts();
      clearInterval(timer);
      await store.close();
      assert.ok(turns > 10);
      // On an idle machine some 6 ms; a synchronous driver would hold it for each flush of the whole.
      assert.ok(longest < 250, `held for ${longest} ms`);
    }));
});
