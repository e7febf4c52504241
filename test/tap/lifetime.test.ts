import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createPipe, Tap, TapError, type TapOptions } from '../../src/tap/index.ts';
import { execLine, exitLine } from '../support/eslogger-lines.ts';
import { recordAsValue } from './plain-reading.ts';
import { ndjson, withFile } from './reading.ts';

const programs = join(dirname(fileURLToPath(import.meta.url)), 'programs');

async function runProgram(name: string, ...nodeOptions: string[]): Promise<string> {
  const args = [...nodeOptions, '--import', 'tsx', join(programs, `${name}.ts`)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
  return stdout;
}

function silentTap(options: TapOptions = {}) {
  const { readEnd, writeEnd } = createPipe();
  const tap = new Tap({ fd: readEnd, ...options });
  closeSync(readEnd);
  return { tap, writeEnd };
}

describe('a batch', () => {
  const lines = ndjson(
    execLine({ pid: 1, args: ['a', 'b'] }),
    execLine({ pid: 2, args: ['c'] }),
    exitLine({ pid: 3 }),
  );

  it('lends its records until the next call', async () => {
    await withFile(lines, async (path) => {
      const tap = new Tap({ path });
      const batch = (await tap.next())!;
      const record = batch.at(1);
      const { subject } = record;
      assert.equal(subject.pid, 2);
      assert.equal(batch.at(0), record);
      assert.equal(subject.pid, 1);
      assert.equal(await tap.next(), null);
      const ended = { name: 'TapError', message: /batch that has ended/ };
      assert.throws(() => record.kind, ended);
      assert.throws(() => record.commandLine, ended);
      assert.throws(() => record.args(), ended);
      assert.throws(() => record.retain(), ended);
      assert.throws(() => subject.pid, ended);
      assert.throws(() => batch.at(0).time, ended);
    });
  });

  it('has records that can be retained beyond it', async () => {
    await withFile(lines, async (path) => {
      const tap = new Tap({ path });
      const batch = (await tap.next())!;
      const values = [0, 1, 2].map((index) => recordAsValue(batch.at(index)));
      const kept = [0, 1, 2].map((index) => batch.at(index).retain());
      const again = kept.map((record) => record.retain());
      await tap.next();
      assert.deepEqual(kept.map(recordAsValue), values);
      assert.deepEqual(again.map(recordAsValue), values);
    });
  });

  it('has no record outside its length', async () => {
    await withFile(lines, async (path) => {
      const tap = new Tap({ path });
      const batch = (await tap.next())!;
      for (const index of [-1, 3, 0.5, Number.NaN]) assert.throws(() => batch.at(index), RangeError);
      await tap.stop();
      assert.throws(() => batch.at(0).kind, TapError);
    });
  });
});

describe('stopping a tap', () => {
  it('ends a wait for a silent pipe at once', async () => {
    const { tap, writeEnd } = silentTap({ live: true });
    const waiting = tap.next();
    const before = performance.now();
    await tap.stop();
    assert.equal(await waiting, null);
    assert.ok(performance.now() - before < 500);
    closeSync(writeEnd);
  });

  it('ends a reader that waits for its consumer', async () => {
    await withFile(ndjson(...Array.from({ length: 100 }, () => exitLine())), async (path) => {
      const tap = new Tap({ path, ringBatches: 1, batchRecords: 1 });
      assert.equal((await tap.next())!.length, 1);
      await tap.stop();
      assert.equal(await tap.next(), null);
    });
  });

  it('may be done again, and after the end, and leaves the counters', async () => {
    await withFile(ndjson(exitLine()), async (path) => {
      const tap = new Tap({ path });
      await tap.next();
      assert.equal(await tap.next(), null);
      await tap.stop();
      await tap.stop();
      assert.equal(await tap.next(), null);
      assert.equal(tap.counters().exit, 1);
    });
  });

  it('closes its descriptor: the writer is told', async () => {
    const { tap, writeEnd } = silentTap();
    writeSync(writeEnd, `${exitLine()}\n`);
    await tap.next();
    await tap.stop();
    assert.throws(() => writeSync(writeEnd, 'x'), { code: 'EPIPE' });
    closeSync(writeEnd);
  });
});

describe('a tap that nobody stops', () => {
  it('does not keep the process alive', async () => {
    assert.equal(await runProgram('unstopped'), '0\n');
  });

  it('ends its thread when it is collected', async function () {
    if (process.platform !== 'linux') this.skip();
    const { before, during, after } = JSON.parse(await runProgram('forgotten', '--expose-gc')) as Record<
      string,
      number
    >;
    assert.equal(during! - before!, 8);
    assert.equal(after, before);
  });

  it('ends with the worker thread it lives in', async function () {
    this.timeout(40_000);
    assert.equal(await runProgram('worker'), 'terminated\n');
  });
});

describe('a stream that cannot be read', () => {
  const missing = join(tmpdir(), 'exectap-no-such-file.ndjson');

  it("is told with its name, the system's words and a remedy", async () => {
    const tap = new Tap({ path: missing });
    await assert.rejects(tap.next(), (error: TapError) => {
      assert.ok(error instanceof TapError);
      assert.equal(error.message, `cannot open ${missing}: no such file or directory (ENOENT)`);
      assert.equal(error.code, 'ENOENT');
      assert.equal(error.remedy, 'check the path');
      return true;
    });
    await assert.rejects(tap.next(), TapError);
    await tap.stop();
  });

  it('is told when it is a folder', async () => {
    await assert.rejects(new Tap({ path: tmpdir() }).next(), { name: 'TapError', code: 'EISDIR' });
  });

  it('is told when the descriptor is none', async () => {
    await assert.rejects(new Tap({ fd: 54321 }).next(), { name: 'TapError', code: 'EBADF' });
  });

  it('is told when the descriptor is open for writing only', async () => {
    const { readEnd, writeEnd } = createPipe();
    await assert.rejects(new Tap({ fd: writeEnd }).next(), { name: 'TapError', code: 'EBADF' });
    closeSync(readEnd);
    closeSync(writeEnd);
  });
});

describe('a tap used wrongly', () => {
  const wrong: [why: string, options: TapOptions][] = [
    ['neither path nor descriptor', {}],
    ['both', { path: '/dev/null', fd: 0 }],
    ['an empty path', { path: '' }],
    ['a NUL in the path', { path: '/tmp/a\0b' }],
    ['a negative descriptor', { fd: -1 }],
    ['a fraction of a record', { fd: 0, batchRecords: 1.5 }],
    ['no batch', { fd: 0, ringBatches: 0 }],
    ['a line limit of nothing', { fd: 0, maxLineBytes: 0 }],
  ];
  for (const [why, options] of wrong) {
    it(`refuses ${why}`, () => {
      assert.throws(
        () => new Tap(options),
        (error: TapError) => error instanceof TapError && error.remedy !== undefined,
      );
    });
  }

  it('refuses a second call of next() while one waits', async () => {
    const { tap, writeEnd } = silentTap();
    const waiting = tap.next();
    await assert.rejects(tap.next(), /earlier call is still waiting/);
    closeSync(writeEnd);
    assert.equal(await waiting, null);
  });
});
