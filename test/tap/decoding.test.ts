import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Kind } from '../../src/tap/index.ts';
import { execLine, exitLine, forkLine, generateEvents, otherLine } from '../support/eslogger-lines.ts';
import { lineAsValue, recordAsValue } from './plain-reading.ts';
import { ndjson, readAll, readBytes } from './reading.ts';

const here = dirname(fileURLToPath(import.meta.url));
const fixtures = join(here, '..', 'fixtures', 'tap');
const realLines = join(here, '..', '..', '..', 'shared', 'data', 'eslogger');

/** Every line is either a record that says what JSON.parse reads in it, or of a type that nobody asked for. */
async function assertReadAlike(lines: string[]): Promise<void> {
  const { records, counters } = await readBytes(ndjson(...lines));
  const expected = lines.map(lineAsValue).filter((value) => value !== null);
  assert.deepEqual(counters.samples, []);
  assert.deepEqual(records.map(recordAsValue), expected);
  assert.equal(counters.otherTypes, lines.length - expected.length);
}

async function onlyRecord(line: string) {
  const { records, counters } = await readBytes(ndjson(line));
  assert.equal(records.length, 1, JSON.stringify(counters.samples));
  return records[0]!;
}

describe('records of the tap', () => {
  it('say what JSON.parse reads in the same lines', async () => {
    await assertReadAlike([...generateEvents(2000, 5)]);
  });

  for (const name of readdirSync(fixtures).filter((file) => file.endsWith('.ndjson'))) {
    it(`say what the fixture ${name} says`, async () => {
      const lines = readFileSync(join(fixtures, name), 'utf8').trimEnd().split('\n');
      await assertReadAlike(lines);
      const { records } = await readAll({ path: join(fixtures, name) });
      assert.deepEqual(
        records.map((record) => record.kind),
        [Kind.fork, Kind.exec, Kind.exec, Kind.exit],
      );
      const [fork, exec, script, exit] = records;
      assert.equal(fork!.actor.pid, 612);
      assert.equal(fork!.subject.parentPid, 612);
      assert.equal(exec!.actor.pidversion, 2200);
      assert.equal(exec!.subject.pidversion, 2201);
      assert.deepEqual(exec!.args(), ['report tool', '--out', '/tmp/naïve "x".csv', '', '日本語 😀']);
      assert.equal(exec!.commandLine, 'report tool --out /tmp/naïve "x".csv  日本語 😀');
      assert.equal(exec!.subject.executable, '/Users/ada/bin/report tool');
      assert.equal(exec!.subject.ttyRdev, 268435458);
      assert.equal(script!.script, '/usr/local/sbin/nightly.sh');
      assert.equal(script!.subject.tty, null);
      assert.equal(exit!.exitStat, exit!.version % 2 === 1 ? 19968 : 9);
      assert.equal(exit!.subject.pid, exec!.subject.pid);
      assert.equal(exec!.subject.validationCategory, exec!.version >= 10 ? 6 : -1);
      assert.equal(exec!.dyldExecPath, exec!.version >= 7 ? '/Users/ada/bin/report tool' : null);
    });
  }

  it('say what real lines say, where they are at hand', async function () {
    if (!existsSync(realLines)) {
      process.stdout.write('      the folder of real eslogger lines is not beside this checkout\n');
      this.skip();
    }
    const files = readdirSync(realLines).filter((file) => file.endsWith('.ndjson'));
    const lines = files.flatMap((file) => readFileSync(join(realLines, file), 'utf8').trimEnd().split('\n'));
    assert.ok(lines.length >= 7);
    // Each alone: their sequence numbers come from different Macs.
    for (const line of lines) await assertReadAlike([line]);
  });

  for (const version of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 99]) {
    for (const tokenForm of ['object', 'array'] as const) {
      it(`are read from message version ${version} with tokens as ${tokenForm}`, async () => {
        const options = { version, tokenForm, tty: '/dev/ttys001', script: '/tmp/x.sh', seed: version };
        await assertReadAlike([execLine(options), forkLine(options), exitLine(options)]);
      });
    }
  }

  it('say that a newer version was met, and take its unknown keys', async () => {
    const extra = { cdhash_full: { deep: [1, { process: null }] }, deadline: 1.5e300 };
    const { records, counters } = await readBytes(
      ndjson(execLine({ version: 12, extra }), execLine({ version: 11, extra })),
    );
    assert.equal(records.length, 2);
    assert.equal(counters.newerVersion, 1);
  });

  it('say what JSON.parse reads, for any texts and numbers', async function () {
    this.timeout(60_000);
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.constantFrom(
        '',
        ' ',
        '\\',
        '"',
        '/',
        '\u0000',
        '\u2028',
        '\ud800',
        'a\udfffb',
        '{"event_type":11}',
        '\r',
      ),
    );
    const u32 = fc.oneof(fc.nat(), fc.constantFrom(0, 1, 4294967295, 2147483648));
    const i32 = fc.integer({ min: -2147483648, max: 2147483647 });
    const options = fc.record(
      {
        version: fc.integer({ min: 1, max: 13 }),
        tokenForm: fc.constantFrom('object' as const, 'array' as const),
        escapeSlashes: fc.boolean(),
        seed: fc.nat(),
        pid: fc.nat({ max: 99_999 }),
        // The actor of an exec has the version before.
        pidversion: fc.integer({ min: 1, max: 4294967295 }),
        uid: u32,
        auid: u32,
        egid: u32,
        ppid: i32,
        groupId: i32,
        sessionId: i32,
        parentPid: fc.nat({ max: 99_999 }),
        responsiblePid: fc.nat({ max: 99_999 }),
        csFlags: u32,
        platformBinary: fc.boolean(),
        esClient: fc.boolean(),
        pathTruncated: fc.boolean(),
        path: text,
        signingId: fc.option(text),
        teamId: fc.option(text),
        tty: fc.option(text),
        cwd: text,
        script: fc.option(text),
        dyldExecPath: text,
        args: fc.array(text, { maxLength: 30 }),
        cpuType: i32,
        cpuSubtype: i32,
        lastFd: i32,
        stat: i32,
        validationCategory: fc.nat({ max: 12 }),
        machTime: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        seqNum: fc.maxSafeNat(),
        threadId: fc.option(fc.maxSafeNat()),
        auth: fc.constantFrom(0, 1),
        lineBytes: fc.nat({ max: 9000 }),
      },
      { requiredKeys: [] },
    );
    const line = fc
      .tuple(fc.constantFrom(execLine, forkLine, exitLine), options)
      .map(([build, chosen]) => build(chosen));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 12 }), (lines) => assertReadAlike(lines)),
      { numRuns: 150 },
    );
  });
});

describe('a field of a record', () => {
  it('keeps the nine digits of the time and the exact mach time', async () => {
    const record = await onlyRecord(
      exitLine({ time: '2026-08-12T15:28:33.510893468Z', machTime: 18446744073709551615n }),
    );
    assert.equal(record.time, '2026-08-12T15:28:33.510893468Z');
    assert.equal(record.timeUs, Date.UTC(2026, 7, 12, 15, 28, 33) * 1000 + 510_893);
    assert.equal(record.machTime, '18446744073709551615');
  });

  it('is NaN, null or -1 where the message version has no such field', async () => {
    const record = await onlyRecord(execLine({ version: 1 }));
    assert.ok(Number.isNaN(record.seqNum));
    assert.ok(Number.isNaN(record.globalSeqNum));
    assert.ok(Number.isNaN(record.subject.startUs));
    assert.equal(record.subject.startTime, null);
    assert.equal(record.subject.parentPid, -1);
    assert.equal(record.subject.responsiblePidversion, -1);
    assert.equal(record.threadId, null);
    assert.equal(record.cwd, null);
  });

  it('tells an exec that another client denied', async () => {
    assert.equal((await onlyRecord(execLine({ auth: 1 }))).authResult, 1);
    const flags = execLine().replace(
      /"action":\{.*?\}\}\}/,
      '"action":{"result":{"result":{"flags":4294967295},"result_type":1}}',
    );
    assert.match(flags, /"flags"/);
    assert.equal((await onlyRecord(flags)).authResult, null);
  });

  it('gives the code directory hash in lower case', async () => {
    const cdhash = '0123456789ABCDEF0123456789ABCDEF01234567';
    assert.equal((await onlyRecord(execLine({ cdhash }))).subject.cdhash, cdhash.toLowerCase());
  });

  it('never holds the environment', async () => {
    const { records } = await readBytes(ndjson(execLine({ env: ['SECRET_TOKEN=hunter2'] })));
    assert.doesNotMatch(JSON.stringify(recordAsValue(records[0]!)), /hunter2/);
  });

  it('holds a command line of one mebibyte', async () => {
    const args = ['sh', '-c', '"'.repeat(1024 * 1024)];
    const record = await onlyRecord(execLine({ args }));
    assert.deepEqual(record.args(), args);
    assert.equal(record.argsBytes, 1024 * 1024 + 6);
  });

  it('holds a hundred thousand arguments', async () => {
    const args = Array.from({ length: 100_000 }, (_, index) => String(index));
    const record = await onlyRecord(execLine({ args }));
    assert.equal(record.argsCount, 100_000);
    assert.deepEqual(record.args(), args);
    assert.throws(() => record.arg(100_000), RangeError);
  });
});

describe('an event that is not whole', () => {
  const without: [part: string, line: string, pattern: RegExp][] = [
    ['process.audit_token', exitLine({ tokenForm: 'array' }), /"audit_token":\[[^\]]*\],?/],
    ['time', exitLine(), /"time":"[^"]*",?/],
    ['event.exec.args', execLine(), /"args":\[[^\]]*\],?/],
    ['event.exit.stat', exitLine(), /"stat":0/],
  ];
  for (const [part, line, pattern] of without) {
    it(`is undecodable without ${part}, and says so`, async () => {
      const broken = line.replace(pattern, '').replace(',}', '}').replace(/,$/, '');
      assert.notEqual(broken, line);
      JSON.parse(broken);
      const { records, counters } = await readBytes(ndjson(broken));
      assert.equal(records.length, 0);
      assert.equal(counters.undecodable, 1);
      assert.equal(counters.samples[0]!.reason, `${part}: missing`);
    });
  }

  it('is undecodable when event_type and the key of event disagree', async () => {
    const { counters } = await readBytes(ndjson(execLine().replace('"event_type":9', '"event_type":15')));
    assert.equal(counters.samples[0]!.reason, 'event_type: disagrees with the key of event');
  });

  it('does not stand in the way of the ones around it', async () => {
    const { records, counters } = await readBytes(
      ndjson(exitLine({ pid: 1 }), exitLine({ pid: 2 }).slice(0, -200), exitLine({ pid: 3 })),
    );
    assert.deepEqual(
      records.map((record) => record.subject.pid),
      [1, 3],
    );
    assert.equal(counters.undecodable, 1);
  });
});

describe('events of other types', () => {
  it('are counted by their number and make no record', async () => {
    const lines = [otherLine(43, 'lookup'), otherLine(10, 'open'), otherLine(43, 'lookup'), exitLine()];
    const { records, counters } = await readBytes(ndjson(...lines));
    assert.equal(records.length, 1);
    assert.equal(counters.otherTypes, 3);
    assert.deepEqual(counters.byOtherType, { 10: 1, 43: 2 });
  });
});
