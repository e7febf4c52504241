import assert from 'node:assert/strict';
import {
  controlLine,
  execLine,
  exitLine,
  forkLine,
  generateEvents,
  otherLine,
  timeText,
} from '../support/eslogger-lines.ts';
import { ndjson, readBytes } from './reading.ts';

const START_NS = 1_786_548_513_000_000_000n;

/** An exit whose time is so many seconds after the start. */
function exitAt(
  second: number,
  globalSeqNum: number | null,
  seqNum: number | null = null,
  version = 9,
): string {
  return exitLine({ version, globalSeqNum, seqNum, time: at(second) });
}

function at(second: number): string {
  return timeText(START_NS + BigInt(second) * 1_000_000_000n);
}

describe('sequence numbers', () => {
  it('without a hole make no gap, whatever the first number is', async () => {
    const { gaps, counters } = await readBytes(
      ndjson(...generateEvents(500, 3, { firstSeq: 4_000_000_000 })),
    );
    assert.deepEqual(gaps, []);
    assert.equal(counters.gaps, 0);
  });

  it('with a hole make one gap, with its ends', async () => {
    const { gaps, counters } = await readBytes(
      ndjson(
        exitLine({ globalSeqNum: 10, seqNum: 3, time: at(1) }),
        execLine({ globalSeqNum: 11, seqNum: 8, time: at(2) }),
        exitLine({ globalSeqNum: 18, seqNum: 6, time: at(3) }),
        execLine({ globalSeqNum: 19, seqNum: 13, time: at(4) }),
      ),
    );
    assert.deepEqual(gaps, [
      {
        cause: 'kernel',
        lost: 6,
        afterSeq: 11,
        beforeSeq: 18,
        fromTime: at(2),
        toTime: at(3),
        lostByType: { exit: 2 },
      },
    ]);
    assert.equal(counters.lostByKernel, 6);
    assert.equal(counters.gaps, 1);
  });

  it('are followed through events of other types too', async () => {
    const { gaps } = await readBytes(
      ndjson(
        exitAt(1, 0),
        otherLine(43, 'lookup', { globalSeqNum: 1, seqNum: 0, time: at(2) }),
        exitAt(3, 2),
        otherLine(43, 'lookup', { globalSeqNum: 5, seqNum: 3, time: at(4) }),
      ),
    );
    assert.deepEqual(
      gaps.map(({ lost, lostByType }) => ({ lost, lostByType })),
      [{ lost: 2, lostByType: { 43: 2 } }],
    );
  });

  it('that begin again at a later time are a restart, not a loss', async () => {
    const { gaps, counters } = await readBytes(
      ndjson(exitAt(1, 90, 90), exitAt(2, 91, 91), exitAt(60, 2, 2), exitAt(61, 3, 3), exitAt(62, 5, 5)),
    );
    assert.equal(counters.sequenceRestarts, 1);
    assert.deepEqual(
      gaps.map(({ lost, afterSeq, beforeSeq }) => [lost, afterSeq, beforeSeq]),
      [[1, 3, 5]],
    );
  });

  it('that were seen before are out of order and change nothing', async () => {
    const { gaps, counters, records } = await readBytes(
      ndjson(exitAt(1, 1), exitAt(2, 2), exitAt(2, 2), exitAt(1, 1), exitAt(3, 3)),
    );
    assert.equal(records.length, 5);
    assert.equal(counters.outOfOrder, 2);
    assert.equal(counters.sequenceRestarts, 0);
    assert.deepEqual(gaps, []);
  });

  it('of one type tell of losses before version 4', async () => {
    const { gaps } = await readBytes(
      ndjson(
        exitAt(1, null, 0, 3),
        forkLine({ version: 3, seqNum: 0, time: at(2) }),
        exitAt(3, null, 4, 3),
        forkLine({ version: 3, seqNum: 1, time: at(4) }),
      ),
    );
    assert.deepEqual(
      gaps.map(({ lost, beforeSeq, lostByType }) => ({ lost, beforeSeq, lostByType })),
      [{ lost: 3, beforeSeq: 4, lostByType: { exit: 3 } }],
    );
  });

  it('may be missing altogether', async () => {
    const { gaps, records } = await readBytes(ndjson(exitAt(1, null, null, 1), exitAt(2, null, null, 1)));
    assert.equal(records.length, 2);
    assert.deepEqual(gaps, []);
  });

  it('begin anew with a start line', async () => {
    const { gaps, counters } = await readBytes(
      ndjson(exitAt(1, 500), controlLine({ start: { source: 'eslogger' } }), exitAt(2, 900), exitAt(3, 901)),
    );
    assert.deepEqual(gaps, []);
    assert.equal(counters.sequenceRestarts, 0);
  });

  it('do not begin anew with another control line', async () => {
    const { counters } = await readBytes(ndjson(exitAt(1, 500), controlLine({ stop: {} }), exitAt(2, 503)));
    assert.equal(counters.lostByKernel, 2);
  });

  it('of an event that could not be decoded, or was too long, are not lost', async () => {
    const broken = exitAt(2, 1).replace(/"ppid":\d+/, '"ppid":"x"');
    const { gaps, counters } = await readBytes(
      ndjson(
        exitAt(1, 0),
        broken,
        exitAt(3, 2),
        execLine({ globalSeqNum: 3, lineBytes: 9000 }),
        exitAt(5, 4),
      ),
      { maxLineBytes: 8000 },
    );
    assert.equal(counters.undecodable, 1);
    assert.equal(counters.tooLong, 1);
    assert.deepEqual(gaps, []);
  });

  it('with a hole after every line give every gap', async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => exitAt(index, index * 2));
    const { gaps, counters } = await readBytes(ndjson(...lines));
    assert.equal(counters.gaps, 2999);
    assert.equal(
      gaps.reduce((sum, gap) => sum + gap.lost, 0),
      2999,
    );
    assert.equal(counters.lostByKernel, 2999);
  });
});
