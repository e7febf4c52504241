import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createPipe, type SequenceGap, Tap, type TapCounters } from '../../src/tap/index.ts';
import { exitLine, generateEvents } from '../support/eslogger-lines.ts';
import { countedLines, ndjson, readAll, withFile } from './reading.ts';

const programs = join(dirname(fileURLToPath(import.meta.url)), 'programs');
const MEBIBYTE = 1024 * 1024;

/** Waits until what the tap has counted satisfies the condition. */
async function counted(tap: Tap, condition: (counters: TapCounters) => boolean): Promise<TapCounters> {
  for (;;) {
    const counters = tap.counters();
    if (condition(counters)) return counters;
    await delay(2);
  }
}

describe('a stream that is not live', () => {
  it('waits for a slow consumer and loses nothing', async () => {
    const lines = [...generateEvents(3000, 11)];
    await withFile(ndjson(...lines), async (path) => {
      const tap = new Tap({ path, batchRecords: 16, ringBatches: 2 });
      let next = 0;
      for (let batch = await tap.next(); batch !== null; batch = await tap.next()) {
        assert.deepEqual(batch.gaps, []);
        for (let index = 0; index < batch.length; index += 1, next += 1) {
          assert.equal(batch.at(index).globalSeqNum, next);
        }
        if (next % 500 < 16) await delay(3);
      }
      assert.equal(next, 3000);
      assert.equal(tap.counters().overflow, 0);
    });
  });

  it('does not read ahead of a consumer that does not ask', async () => {
    const bytes = ndjson(...generateEvents(3000, 12));
    await withFile(bytes, async (path) => {
      const tap = new Tap({ path, batchRecords: 16, ringBatches: 2 });
      await counted(tap, ({ fork, exec, exit }) => fork + exec + exit === 32);
      await delay(20);
      const { lines } = tap.counters();
      assert.ok(lines <= 33, `${lines} lines`);
      await tap.stop();
    });
  });

  it('of a hundred thousand events passes in bounded memory', async function () {
    this.timeout(60_000);
    const { readEnd, writeEnd } = createPipe();
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', join(programs, 'write-events.ts'), '100000', '21'],
      {
        stdio: ['ignore', writeEnd, 'inherit'],
      },
    );
    closeSync(writeEnd);
    const tap = new Tap({ fd: readEnd });
    closeSync(readEnd);
    let records = 0;
    let pids = 0;
    let settled = 0;
    let most = 0;
    for (let batch = await tap.next(); batch !== null; batch = await tap.next()) {
      for (let index = 0; index < batch.length; index += 1) pids += batch.at(index).subject.pid;
      records += batch.length;
      // The first tenth makes the buffers, the compiled code and the young generation.
      if (records < 10_000) settled = process.memoryUsage.rss();
      else most = Math.max(most, process.memoryUsage.rss());
    }
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
    assert.equal(code, 0);
    assert.equal(records, 100_000);
    assert.ok(pids > 0);
    const { bytes, gaps } = tap.counters();
    assert.equal(gaps, 0);
    assert.ok(bytes > 200 * MEBIBYTE);
    const growth = (most - settled) / MEBIBYTE;
    assert.ok(growth < 16, `resident memory grew by ${growth.toFixed(1)} MiB`);
  });

  it('gives back the memory of a large line', async () => {
    const large = exitLine({ path: `/${'x'.repeat(4 * MEBIBYTE)}` });
    const { records } = await withFile(ndjson(exitLine(), large, ...generateEvents(600, 1)), (path) =>
      readAll({ path }),
    );
    assert.equal(records.length, 602);
    assert.equal(records[1]!.subject.executable.length, 4 * MEBIBYTE + 1);
    assert.equal(records[601]!.globalSeqNum, 599);
  });
});

describe('a live stream', () => {
  /** A pipe whose writing never waits long, since the tap always reads. */
  function livePipe(options: { batchRecords: number; ringBatches: number }) {
    const { readEnd, writeEnd } = createPipe();
    const tap = new Tap({ fd: readEnd, live: true, ...options });
    closeSync(readEnd);
    return { tap, write: (text: string) => writeSync(writeEnd, text), end: () => closeSync(writeEnd) };
  }

  async function drain(tap: Tap) {
    const numbers: number[] = [];
    const gaps: SequenceGap[] = [];
    for (let batch = await tap.next(); batch !== null; batch = await tap.next()) {
      gaps.push(...batch.gaps);
      for (let index = 0; index < batch.length; index += 1) numbers.push(batch.at(index).globalSeqNum);
    }
    return { numbers, gaps };
  }

  it('is read on when the consumer stalls, and what it missed is one gap with the exact count', async () => {
    const { tap, write, end } = livePipe({ batchRecords: 64, ringBatches: 4 });
    const lines = [...generateEvents(5000, 31)];
    for (const line of lines) write(`${line}\n`);
    const stalled = await counted(tap, (counters) => counters.lines === 5000);
    // What the first read gave was published at once, in a batch that need not be full; the others are.
    const kept = 5000 - stalled.overflow;
    assert.ok(kept > 3 * 64 && kept <= 4 * 64, `${kept} kept`);
    const first = (await tap.next())!;
    assert.equal(first.length, kept - 3 * 64);
    assert.deepEqual(first.gaps, []);
    const last = exitLine({ globalSeqNum: 5000, seqNum: 2000, time: '2026-08-13T00:00:00.000000000Z' });
    write(`${last}\n`);
    end();
    const { numbers, gaps } = await drain(tap);
    assert.equal(numbers.at(-1), 5000);
    assert.equal(numbers.length, 3 * 64 + 1);
    const times = lines.map((line) => (JSON.parse(line) as { time: string }).time);
    assert.deepEqual(gaps, [
      {
        cause: 'overflow',
        lost: 5000 - kept,
        afterSeq: kept - 1,
        beforeSeq: 5000,
        fromTime: times[kept - 1],
        toTime: '2026-08-13T00:00:00.000000000Z',
      },
    ]);
    const counters = tap.counters();
    assert.equal(counters.lostByKernel, 0);
    assert.equal(counters.gaps, 1);
    assert.equal(countedLines(counters), counters.lines);
  });

  it('tells an overflow that never ended at its end', async () => {
    const { tap, write, end } = livePipe({ batchRecords: 8, ringBatches: 2 });
    for (const line of generateEvents(100, 32)) write(`${line}\n`);
    end();
    await counted(tap, (counters) => counters.lines === 100);
    const { numbers, gaps } = await drain(tap);
    assert.ok(numbers.length > 8 && numbers.length <= 16);
    assert.equal(gaps.length, 1);
    assert.equal(gaps[0]!.lost, 100 - numbers.length);
    assert.equal(gaps[0]!.afterSeq, numbers.length - 1);
    assert.ok(Number.isNaN(gaps[0]!.beforeSeq));
  });

  it('fills its batches while the consumer lags, however small the reads are', async () => {
    const { tap, write, end } = livePipe({ batchRecords: 64, ringBatches: 3 });
    for (const [index, line] of [...generateEvents(100, 33)].entries()) {
      write(`${line}\n`);
      await counted(tap, (counters) => counters.lines === index + 1);
    }
    assert.equal(tap.counters().overflow, 0);
    end();
    const { numbers } = await drain(tap);
    assert.equal(numbers.length, 100);
  });

  it('gives each line before the next one is written', async () => {
    const { tap, write, end } = livePipe({ batchRecords: 256, ringBatches: 4 });
    for (const line of generateEvents(20, 34)) {
      write(`${line}\n`);
      const batch = await tap.next();
      assert.equal(batch!.length, 1);
    }
    end();
    assert.equal(await tap.next(), null);
  });

  it('gives what was held back once the consumer has caught up', async () => {
    const { tap, write, end } = livePipe({ batchRecords: 256, ringBatches: 4 });
    const lines = [...generateEvents(3, 35)];
    write(`${lines[0]}\n`);
    await counted(tap, (counters) => counters.lines === 1);
    write(`${lines[1]}\n`);
    await counted(tap, (counters) => counters.lines === 2);
    assert.equal((await tap.next())!.length, 1);
    // Nothing more is written: the second line must come all the same.
    assert.equal((await tap.next())!.at(0).globalSeqNum, 1);
    end();
    assert.equal(await tap.next(), null);
  });
});

describe('a FIFO', () => {
  it('is waited for until somebody writes, and read until the writer closes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'exectap-fifo-'));
    try {
      const path = join(folder, 'lines');
      execFileSync('mkfifo', [path]);
      const unused = new Tap({ path });
      const waiting = unused.next();
      await delay(10);
      await unused.stop();
      assert.equal(await waiting, null);
      const tap = new Tap({ path });
      const first = tap.next();
      await writeFile(path, ndjson(exitLine({ pid: 5 })));
      assert.equal((await first)!.at(0).subject.pid, 5);
      assert.equal(await tap.next(), null);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a descriptor', () => {
  it('may be closed by the caller as soon as the tap has it', async () => {
    await withFile(ndjson(exitLine()), async (path) => {
      const fd = openSync(path, 'r');
      const tap = new Tap({ fd });
      closeSync(fd);
      assert.equal((await tap.next())!.length, 1);
      assert.equal(await tap.next(), null);
    });
  });

  it('of a child process gives its output', async () => {
    const { readEnd, writeEnd } = createPipe();
    const child = spawn('cat', [], { stdio: ['pipe', writeEnd, 'inherit'] });
    closeSync(writeEnd);
    const tap = new Tap({ fd: readEnd });
    closeSync(readEnd);
    child.stdin!.end(ndjson(exitLine({ pid: 77 })));
    assert.equal((await tap.next())!.at(0).subject.pid, 77);
    assert.equal(await tap.next(), null);
  });
});
