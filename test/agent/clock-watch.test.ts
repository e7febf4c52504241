import assert from 'node:assert/strict';
import { ClockWatch } from '../../src/agent/clock-watch.ts';
import type { EventRecord } from '../../src/tap/index.ts';

const START_US = 1_795_000_000_000_000;
const SECOND_US = 1_000_000;

/** A record at so many seconds of the wall clock and of the machine's own time. */
function at(wallSeconds: number, ownSeconds: number, ticksInSecond: number): EventRecord {
  return {
    timeUs: START_US + wallSeconds * SECOND_US,
    machTime: String(BigInt(Math.round(ownSeconds * ticksInSecond)) + 1_000_000_000n),
  } as EventRecord;
}

const MACHINES = [
  ['Apple silicon', { numer: 125, denom: 3 }, 24_000_000],
  ['Intel', { numer: 1, denom: 1 }, 1_000_000_000],
] as const;

describe('the two clocks of a message', () => {
  for (const [machine, timebase, ticks] of MACHINES) {
    for (const told of [true, false]) {
      it(`of ${machine}, its timebase ${told ? 'told' : 'inferred'}: go together`, () => {
        const watch = new ClockWatch();
        watch.start(told ? timebase : undefined);
        for (let second = 0; second < 100; second += 1)
          assert.equal(watch.read(at(second, second + 0.001 * second, ticks)), null);
      });

      it(`of ${machine}, its timebase ${told ? 'told' : 'inferred'}: part where it sleeps`, () => {
        const watch = new ClockWatch();
        watch.start(told ? timebase : undefined);
        watch.read(at(0, 0, ticks));
        watch.read(at(1, 1, ticks));
        const jump = watch.read(at(601, 2, ticks));
        assert.equal(jump?.cause, 'sleep');
        assert.ok(Math.abs(jump.seconds - 599) < 0.1, String(jump.seconds));
        assert.equal(jump.toMs - jump.fromMs, 600_000);
        assert.equal(watch.read(at(602, 3, ticks)), null);
      });

      it(`of ${machine}, its timebase ${told ? 'told' : 'inferred'}: part where the clock is set back`, () => {
        const watch = new ClockWatch();
        watch.start(told ? timebase : undefined);
        watch.read(at(1_000, 0, ticks));
        watch.read(at(1_001, 1, ticks));
        const jump = watch.read(at(100, 2, ticks));
        assert.equal(jump?.cause, 'clock set');
        assert.ok(Math.abs(jump.seconds - 902) < 0.1, String(jump.seconds));
      });
    }
  }

  it('begin anew with another life of the tap', () => {
    const watch = new ClockWatch();
    watch.start({ numer: 1, denom: 1 });
    watch.read(at(0, 500, 1_000_000_000));
    watch.start({ numer: 1, denom: 1 });
    assert.equal(watch.read(at(900, 1, 1_000_000_000)), null);
  });

  it('say nothing where a message has none', () => {
    const watch = new ClockWatch();
    watch.start({ numer: 1, denom: 1 });
    watch.read(at(0, 0, 1));
    assert.equal(watch.read({ timeUs: Number.NaN, machTime: '5' } as EventRecord), null);
    assert.equal(watch.read({ timeUs: START_US, machTime: '0' } as EventRecord), null);
  });
});
