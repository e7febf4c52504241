import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Kind } from '../../src/tap/index.ts';
import { controlLine, execLine, exitLine, forkLine } from '../support/eslogger-lines.ts';
import { recordAsValue } from './plain-reading.ts';
import { countedLines, ndjson, readBytes } from './reading.ts';

const MEBIBYTE = 1024 * 1024;

describe('lines of a stream', () => {
  it('may end with a carriage return and a newline, or with nothing at the end', async () => {
    const { records, counters } = await readBytes(`${exitLine()}\r\n\r\n\n${forkLine()}\r\n${execLine()}`);
    assert.deepEqual(
      records.map((record) => record.kind),
      [Kind.exit, Kind.fork, Kind.exec],
    );
    assert.equal(counters.lines, 5);
    assert.equal(counters.blank, 2);
    assert.equal(counters.undecodable, 0);
  });

  it('may have junk before the first brace, which is counted', async () => {
    const { records, counters } = await readBytes(`^D\b\b${exitLine()}\n\ufeff${exitLine()}\n`);
    assert.equal(records.length, 2);
    assert.equal(counters.junkBytes, 4 + 3);
  });

  it('are counted as cut when the last one is not whole', async () => {
    const { records, counters } = await readBytes(`${exitLine()}\n${execLine().slice(0, 700)}`);
    assert.equal(records.length, 1);
    assert.deepEqual(
      counters.samples.map(({ line, reason }) => ({ line, reason })),
      [{ line: 2, reason: 'cut' }],
    );
  });

  it('are accepted up to the limit and counted beyond it', async () => {
    const rest = execLine({ env: [''] }).length;
    const ofLength = (bytes: number) => execLine({ env: ['x'.repeat(bytes - rest)] });
    const fitting = ofLength(8 * MEBIBYTE);
    const longest = ofLength(8 * MEBIBYTE + 1);
    assert.equal(fitting.length, 8 * MEBIBYTE);
    const { records, counters } = await readBytes(
      ndjson(exitLine(), longest, fitting, `${fitting} `, exitLine()),
    );
    assert.equal(counters.tooLong, 2);
    assert.equal(records.length, 3);
    assert.equal(countedLines(counters), counters.lines);
  });

  it('obey a limit of the caller', async () => {
    const { records, counters } = await readBytes(
      ndjson(exitLine(), execLine({ lineBytes: 6000 }), exitLine()),
      {
        maxLineBytes: 5000,
      },
    );
    assert.equal(records.length, 2);
    assert.equal(counters.tooLong, 1);
  });

  it('have invalid UTF-8 replaced as TextDecoder does', async () => {
    const invalid = [
      [0xff],
      [0xc0, 0xaf],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0x41, 0x80, 0xc3, 0x28],
    ];
    const lines = invalid.map((bytes) => {
      const [before, after] = execLine({ args: ['sh', 'MARK'] }).split('MARK');
      return Buffer.concat([Buffer.from(before!), Buffer.from(bytes), Buffer.from(`${after}\n`)]);
    });
    const { records, counters } = await readBytes(Buffer.concat(lines));
    assert.deepEqual(
      records.map((record) => record.arg(1)),
      invalid.map((bytes) => new TextDecoder().decode(Uint8Array.from(bytes))),
    );
    assert.equal(counters.replacedUtf8, invalid.length);
  });

  it('of an empty stream are none', async () => {
    const { records, counters, batches } = await readBytes('');
    assert.deepEqual([records.length, counters.lines, batches], [0, 0, 0]);
  });
});

describe('what cannot be decoded', () => {
  it('is kept for a person: number, place, reason and the first bytes', async () => {
    const bad = ['no brace here', '{"event_type":9', '{"event_type":}', `{"é":"${'é'.repeat(300)}"}`];
    const { counters } = await readBytes(ndjson(exitLine(), ...bad));
    const start = exitLine().length + 1;
    assert.equal(counters.undecodable, bad.length);
    assert.deepEqual(
      counters.samples.map(({ line, offset, head }) => ({ line, offset, head })),
      [
        { line: 2, offset: start, head: bad[0] },
        { line: 3, offset: start + 14, head: bad[1] },
        { line: 4, offset: start + 30, head: bad[2] },
        // Cut at 200 bytes, but not within a character.
        { line: 5, offset: start + 46, head: `{"é":"${'é'.repeat(96)}` },
      ],
    );
    for (const { reason } of counters.samples) assert.notEqual(reason, '');
    assert.equal(counters.samples[0]!.reason, 'no JSON object');
    assert.equal(counters.samples[3]!.reason, 'event_type: missing');
  });

  it('is kept eight times and counted always', async () => {
    const { counters } = await readBytes('{"x":\n'.repeat(1000));
    assert.equal(counters.undecodable, 1000);
    assert.equal(counters.samples.length, 8);
  });

  it('is text even when the bytes are not', async () => {
    const { counters } = await readBytes(Uint8Array.from([0x7b, 0xff, 0x00, 0xc3, 0x0a]));
    assert.equal(counters.samples[0]!.head, '{\ufffd\u0000\ufffd');
  });
});

describe('control lines', () => {
  it('are records that hold their text', async () => {
    const line = controlLine({ drops: { cause: 'kernel', count: 3, note: 'naïve / "x"' } });
    const { records, counters } = await readBytes(ndjson(exitLine(), line, exitLine()));
    assert.deepEqual(
      records.map((record) => record.kind),
      [Kind.exit, Kind.control, Kind.exit],
    );
    assert.equal(records[1]!.controlText, line);
    assert.equal(records[1]!.time, '');
    assert.equal(records[1]!.argsCount, 0);
    assert.equal(counters.control, 1);
  });

  it('are undecodable when they are no valid JSON', async () => {
    const { records, counters } = await readBytes(
      ndjson('{"exectap":{"start":nul}}', '{"exectap":{"a":[1 2]}}'),
    );
    assert.equal(records.length, 0);
    assert.equal(counters.undecodable, 2);
  });
});

describe('any bytes at all', () => {
  /** Valid lines with bytes replaced, removed and repeated. */
  const mutated = fc
    .record({
      build: fc.constantFrom<(options: { seed: number }) => string>(execLine, forkLine, exitLine),
      seed: fc.nat(),
      edits: fc.array(
        fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), cut: fc.nat({ max: 3 }) }),
        {
          maxLength: 4,
        },
      ),
      end: fc.option(fc.nat(), { freq: 4 }),
    })
    .map(({ build, seed, edits, end }) => {
      let bytes = Buffer.from(build({ seed }));
      for (const { at, byte, cut } of edits) {
        const place = at % bytes.length;
        bytes = Buffer.concat([bytes.subarray(0, place), Buffer.from([byte]), bytes.subarray(place + cut)]);
      }
      return end === null ? bytes : bytes.subarray(0, end % bytes.length);
    });
  const noise = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));

  it('are counted line by line and never fatal', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ arbitrary: mutated, weight: 4 }, noise), { maxLength: 20 }),
        async (pieces) => {
          const bytes: Buffer = Buffer.concat(pieces.flatMap((piece) => [piece, Buffer.from('\n')]));
          const newlines = [...bytes].filter((byte) => byte === 0x0a).length;
          const { records, counters } = await readBytes(bytes, { batchRecords: 3 });
          assert.equal(counters.lines, newlines);
          assert.equal(counters.bytes, bytes.length);
          assert.equal(countedLines(counters), counters.lines);
          assert.equal(records.length, counters.exec + counters.fork + counters.exit + counters.control);
          for (const record of records) recordAsValue(record);
        },
      ),
      { numRuns: 200 },
    );
  });
});
