/** The forwarder with a real store, time and destination being doubles: what is sent when. */
import assert from 'node:assert/strict';
import { BACKOFF_CAP_MS, HELD_RETRY_MS } from '../../src/forward/backoff.ts';
import { Forwarder, type ForwarderStore } from '../../src/forward/index.ts';
import { type AlertStore, openStore, StoreFullError } from '../../src/store/index.ts';
import { sampleAlert, sampleAlerts } from '../store/samples.ts';
import { allTaken, never, ScriptedDestination, takenExcept, VirtualClock } from './doubles.ts';
import { KeptLog, until, withDirectory } from './helpers.ts';

interface Bench {
  store: AlertStore;
  clock: VirtualClock;
  destination: ScriptedDestination;
  log: KeptLog;
  forwarder: Forwarder;
  /** Another forwarder on the same store and destination. */
  another: (store?: ForwarderStore) => Forwarder;
}

/** Time for things to happen that must not happen, in milliseconds: the store answers within a few. */
const QUIET_MS = 40;

function withBench(use: (bench: Bench) => Promise<void>): () => Promise<void> {
  return () =>
    withDirectory(async (directory) => {
      const store = await openStore(directory);
      const clock = new VirtualClock();
      const destination = new ScriptedDestination();
      const log = new KeptLog();
      const made: Forwarder[] = [];
      const another = (over: ForwarderStore = store): Forwarder => {
        const forwarder = new Forwarder(over, destination, { log, clock });
        made.push(forwarder);
        return forwarder;
      };
      try {
        await use({ store, clock, destination, log, forwarder: another(), another });
      } finally {
        await Promise.all(made.map((forwarder) => forwarder.stop()));
        await store.close();
      }
    });
}

async function pendingOf(store: AlertStore): Promise<number> {
  return (await store.counts()).destinations[0]!.pending;
}

function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, QUIET_MS));
}

const DOWN = { kind: 'unavailable', error: 'ECONNREFUSED', retryAfterMs: null } as const;

describe('a forwarder', () => {
  it(
    'sends what is held already and, once notified, what is new',
    withBench(async ({ store, destination, forwarder }) => {
      await store.append(sampleAlerts(3));
      await forwarder.start();
      await until(async () => (await pendingOf(store)) === 0);
      await store.append([sampleAlert(10)]);
      await quiet();
      assert.equal(destination.sent.length, 1, 'nobody told it of the new one');
      forwarder.notify();
      await until(() => destination.sent.length === 2);
      assert.deepEqual(
        destination.sent.map((ids) => ids.length),
        [3, 1],
      );
      await until(() => forwarder.state().delivered === 4);
      const { running, condition, lastDeliveredMs } = forwarder.state();
      assert.deepEqual([running, condition, lastDeliveredMs !== null], [true, 'ok', true]);
    }),
  );

  it(
    'looks into the queue by itself now and then',
    withBench(async ({ store, clock, destination, forwarder }) => {
      await forwarder.start();
      await until(() => clock.nextMs !== null);
      await store.append([sampleAlert(1)]);
      clock.advance(30_000);
      await until(() => destination.sent.length === 1);
    }),
  );

  it(
    'misses no notify, however it falls',
    withBench(async ({ store, forwarder }) => {
      await forwarder.start();
      for (let number = 0; number < 60; number += 1) {
        await store.append([sampleAlert(number)]);
        forwarder.notify();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await until(async () => (await pendingOf(store)) === 0);
    }),
  );

  it(
    'sends the oldest first, five hundred and 5 MiB at a time',
    withBench(async ({ store, destination, forwarder }) => {
      const large = JSON.stringify({ text: 'x'.repeat(1024 * 1024) });
      await store.append([
        ...sampleAlerts(1_100),
        ...sampleAlerts(8, 2_000).map((alert) => ({ ...alert, document: large })),
      ]);
      await forwarder.start();
      await until(async () => (await pendingOf(store)) === 0);
      assert.deepEqual(
        destination.sent.map((ids) => ids.length),
        [500, 500, 104, 4],
      );
      const numbers = [
        ...Array.from({ length: 1_100 }, (_, number) => number),
        ...Array.from({ length: 8 }, (_, number) => 2_000 + number),
      ];
      assert.deepEqual(
        destination.sent.flat(),
        numbers.map((number) => sampleAlert(number).id),
      );
    }),
  );

  it(
    'waits longer after each failure, with jitter, and a notify does not shorten it',
    withBench(async ({ store, clock, destination, forwarder }) => {
      destination.answer = () => DOWN;
      await store.append([sampleAlert(1)]);
      await forwarder.start();
      for (let failure = 1; failure <= 12; failure += 1) {
        await until(() => destination.sent.length === failure && clock.nextMs !== null);
        const ceiling = Math.min(BACKOFF_CAP_MS, 1_000 * 2 ** (failure - 1));
        assert.equal(clock.nextMs, ceiling / 2, `after failure ${failure}`);
        assert.equal(forwarder.state().pausedUntilMs, clock.now() + ceiling / 2);
        if (failure === 4) {
          forwarder.notify();
          clock.advance(ceiling / 2 - 1);
          await quiet();
          assert.equal(destination.sent.length, failure);
          clock.advance(1);
        } else {
          clock.advance(ceiling / 2);
        }
      }
      destination.answer = allTaken;
      clock.advance(BACKOFF_CAP_MS);
      await until(async () => (await pendingOf(store)) === 0);
      assert.deepEqual(
        [forwarder.state().condition, forwarder.state().failures, forwarder.state().pausedUntilMs],
        ['ok', 0, null],
      );
    }),
  );

  it(
    'tells of an outage once and of its end once',
    withBench(async ({ store, clock, destination, log, forwarder }) => {
      destination.answer = () => DOWN;
      await store.append([sampleAlert(1)]);
      await forwarder.start();
      for (let failure = 1; failure <= 5; failure += 1) {
        await until(() => destination.sent.length === failure && clock.nextMs !== null);
        clock.advance(BACKOFF_CAP_MS);
      }
      destination.answer = allTaken;
      await until(async () => {
        clock.advance(BACKOFF_CAP_MS);
        return (await pendingOf(store)) === 0;
      });
      await until(() => log.at('info').length === 1);
      assert.equal(log.at('warn').length, 1);
      assert.match(log.at('warn')[0]!, /ECONNREFUSED/);
      assert.match(log.at('info')[0]!, /works again/);
    }),
  );

  it(
    'adds its jitter to Retry-After',
    withBench(async ({ store, clock, destination, forwarder }) => {
      destination.answer = () => ({ kind: 'unavailable', error: '429', retryAfterMs: 60_000 });
      await store.append([sampleAlert(1)]);
      await forwarder.start();
      await until(() => destination.sent.length === 1 && clock.nextMs !== null);
      assert.equal(clock.nextMs, 60_500);
    }),
  );

  for (const reason of ['unauthorized', 'misconfigured'] as const) {
    it(
      `keeps everything and pauses long when ${reason}`,
      withBench(async ({ store, clock, destination, forwarder }) => {
        destination.answer = () => ({ kind: 'held', reason, error: '401 security_exception' });
        await store.append(sampleAlerts(3));
        await forwarder.start();
        for (let request = 1; request <= 3; request += 1) {
          await until(() => destination.sent.length === request && clock.nextMs !== null);
          assert.equal(clock.nextMs, HELD_RETRY_MS * 0.75);
          assert.equal(forwarder.state().condition, reason);
          clock.advance(HELD_RETRY_MS);
        }
        assert.equal(await pendingOf(store), 3);
        assert.equal((await store.counts()).destinations[0]!.lastError, '401 security_exception');
        destination.answer = allTaken;
        await until(async () => {
          clock.advance(HELD_RETRY_MS);
          return (await pendingOf(store)) === 0;
        });
      }),
    );
  }

  it(
    'takes an item-level 403 for a matter of rights, too',
    withBench(async ({ store, clock, destination, forwarder }) => {
      destination.answer = takenExcept(() => 'held');
      await store.append(sampleAlerts(2));
      await forwarder.start();
      await until(() => forwarder.state().condition === 'unauthorized' && clock.nextMs !== null);
      assert.equal(clock.nextMs, HELD_RETRY_MS * 0.75);
      assert.equal(await pendingOf(store), 2);
    }),
  );

  it(
    'holds back alone what the key has no right to, where others pass',
    withBench(async ({ store, clock, destination, forwarder }) => {
      const forbidden = sampleAlert(1).id;
      destination.answer = takenExcept((id) => (id === forbidden ? 'held' : null));
      await store.append(sampleAlerts(3));
      await forwarder.start();
      await until(async () => (await pendingOf(store)) === 1);
      await until(() => clock.nextMs !== null);
      assert.equal(forwarder.state().condition, 'ok');
      await store.append([sampleAlert(9)]);
      forwarder.notify();
      await until(() => destination.sent.length === 2);
      assert.deepEqual(destination.sent[1], [sampleAlert(9).id]);
      destination.answer = allTaken;
      await until(async () => {
        clock.advance(HELD_RETRY_MS / 4);
        return (await pendingOf(store)) === 0;
      });
    }),
  );

  it(
    'puts refused alerts aside with the reason and goes on',
    withBench(async ({ store, destination, log, forwarder }) => {
      const poison = sampleAlert(1).id;
      destination.answer = takenExcept((id) => (id === poison ? 'refused' : null));
      await store.append(sampleAlerts(3));
      await forwarder.start();
      await until(async () => (await pendingOf(store)) === 0);
      await until(() => forwarder.state().refused === 1);
      const [counts] = (await store.counts()).destinations;
      assert.deepEqual([counts!.delivered, counts!.refused, counts!.lastError], [2, 1, '400 bad']);
      assert.equal(log.at('warn').length, 1);
      assert.equal(destination.sent.length, 1);
    }),
  );

  it(
    'retries only what was not taken, each on its own schedule',
    withBench(async ({ store, clock, destination, forwarder }) => {
      const busy = sampleAlert(1).id;
      destination.answer = takenExcept((id) => (id === busy ? 'retry' : null));
      await store.append(sampleAlerts(3));
      await forwarder.start();
      await until(() => destination.sent.length === 1 && clock.nextMs !== null);
      assert.equal(clock.nextMs, 500);
      clock.advance(500);
      await until(() => destination.sent.length === 2);
      assert.deepEqual(destination.sent[1], [busy]);
    }),
  );

  it(
    'does not let one alert that is never taken hold back the others',
    withBench(async ({ store, clock, destination, forwarder }) => {
      const poison = sampleAlert(0).id;
      destination.answer = takenExcept((id) => (id === poison ? 'retry' : null));
      await store.append([sampleAlert(0)]);
      await forwarder.start();
      for (let failure = 1; failure <= 15; failure += 1) {
        await until(() => destination.sent.length === failure && clock.nextMs !== null);
        clock.advance(BACKOFF_CAP_MS);
      }
      await until(() => destination.sent.length === 16 && clock.nextMs !== null);
      await store.append([sampleAlert(1)]);
      forwarder.notify();
      // At most the short pause after an answer in which nothing was taken.
      clock.advance(30_000);
      await until(async () => (await store.counts()).destinations[0]!.delivered === 1);
    }),
  );

  it(
    'learns the size that a collector takes',
    withBench(async ({ store, destination, forwarder }) => {
      destination.answer = (batch) =>
        batch.length > 100 ? { kind: 'too-large', error: '413' } : allTaken(batch);
      const document = JSON.stringify({ text: 'x'.repeat(10_000) });
      await store.append(sampleAlerts(1_500).map((alert) => ({ ...alert, document })));
      await forwarder.start();
      await until(async () => (await pendingOf(store)) === 0);
      const tooLarge = destination.sent.filter((ids) => ids.length > 100).map((ids) => ids.length);
      assert.ok(tooLarge.length <= 6, `too large again and again: ${tooLarge.join(' ')}`);
    }),
  );

  it(
    'sends again what could not be settled, and pauses meanwhile',
    withBench(async ({ store, clock, destination, log, another }) => {
      let failures = 2;
      const failing: ForwarderStore = {
        addDestination: (name) => store.addDestination(name),
        due: (...asked) => store.due(...asked),
        nextDue: (name) => store.nextDue(name),
        counts: () => store.counts(),
        settle: async (...outcomes) => {
          if (failures-- > 0) throw new StoreFullError('the volume is full');
          await store.settle(...outcomes);
        },
      };
      await store.append([sampleAlert(1)]);
      const forwarder = another(failing);
      await forwarder.start();
      await until(() => forwarder.state().condition === 'store-failing' && clock.nextMs !== null);
      assert.equal(clock.nextMs, 500);
      await until(async () => {
        clock.advance(1_000);
        return (await pendingOf(store)) === 0;
      });
      assert.equal(destination.sent.length, 3);
      assert.match(log.at('warn')[0]!, /volume is full/);
    }),
  );

  it(
    'recovers by itself from a store that did not answer',
    withBench(async ({ store, clock, log, another }) => {
      let failures = 1;
      const failing: ForwarderStore = {
        addDestination: (name) => store.addDestination(name),
        nextDue: (name) => store.nextDue(name),
        counts: () => store.counts(),
        settle: (...outcomes) => store.settle(...outcomes),
        due: (...asked) => (failures-- > 0 ? Promise.reject(new StoreFullError('I/O')) : store.due(...asked)),
      };
      const forwarder = another(failing);
      await forwarder.start();
      await until(() => forwarder.state().condition === 'store-failing' && clock.nextMs !== null);
      clock.advance(1_000);
      await until(() => forwarder.state().condition === 'ok');
      assert.deepEqual([log.at('warn').length, log.at('info').length], [1, 1]);
    }),
  );

  it(
    'does not wait for a schedule from before the clock was set back',
    withBench(async ({ store, clock, destination, forwarder }) => {
      destination.answer = () => DOWN;
      await store.append([sampleAlert(1)]);
      await forwarder.start();
      await until(() => destination.sent.length === 1 && clock.nextMs !== null);
      await forwarder.stop();
      clock.advance(-365 * 86_400_000);
      destination.answer = allTaken;
      const later = new Forwarder(store, destination, { log: new KeptLog(), clock });
      await later.start();
      await until(async () => (await pendingOf(store)) === 0);
      await later.stop();
    }),
  );

  it(
    'stops at once in the middle of a request and leaves the alert pending',
    withBench(async ({ store, destination, forwarder }) => {
      destination.answer = never;
      await store.append([sampleAlert(1)]);
      await forwarder.start();
      await until(() => destination.sent.length === 1);
      await forwarder.stop();
      assert.equal(forwarder.state().running, false);
      assert.deepEqual(
        (await store.due('soc', 0, 1)).map(({ attempts }) => attempts),
        [0],
      );
      await forwarder.stop();
    }),
  );

  it(
    'does not hold another destination back',
    withBench(async ({ store, clock, log, destination, forwarder }) => {
      destination.answer = never;
      const other = new ScriptedDestination(allTaken, 'archive');
      const second = new Forwarder(store, other, { log, clock });
      await store.append(sampleAlerts(5));
      await forwarder.start();
      await second.start();
      await until(() => second.state().delivered === 5);
      assert.equal(forwarder.state().delivered, 0);
      await second.stop();
    }),
  );
});

describe('a drain', () => {
  it(
    'sends everything and returns what is left: nothing',
    withBench(async ({ store, clock, destination, forwarder }) => {
      await store.append(sampleAlerts(1_200));
      assert.equal(await forwarder.drain(clock.now() + 1_000), 0);
      assert.deepEqual(
        destination.sent.map((ids) => ids.length),
        [500, 500, 200],
      );
      assert.equal(forwarder.state().running, false);
    }),
  );

  it(
    'asks a collector that is down once',
    withBench(async ({ store, clock, destination, forwarder }) => {
      destination.answer = () => DOWN;
      await store.append(sampleAlerts(1_200));
      assert.equal(await forwarder.drain(clock.now() + 1_000), 1_200);
      assert.equal(destination.sent.length, 1);
    }),
  );

  it(
    'ends at the deadline when the collector does not answer',
    withBench(async ({ store, clock, destination, forwarder }) => {
      destination.answer = never;
      await store.append(sampleAlerts(7));
      const drained = forwarder.drain(clock.now() + 2_000);
      await until(() => destination.sent.length === 1);
      clock.advance(1_999);
      await quiet();
      clock.advance(1);
      assert.equal(await drained, 7);
      assert.deepEqual(
        (await store.due('soc', 0, 1)).map(({ attempts }) => attempts),
        [0],
      );
    }),
  );

  it(
    'ends at the deadline when the loop has a request under way, and the loop goes on',
    withBench(async ({ store, clock, destination, forwarder }) => {
      destination.answer = never;
      await store.append(sampleAlerts(2));
      await forwarder.start();
      await until(() => destination.sent.length === 1);
      const drained = forwarder.drain(clock.now() + 2_000);
      await quiet();
      clock.advance(2_000);
      assert.equal(await drained, 2);
      destination.answer = allTaken;
      forwarder.notify();
      await until(async () => {
        clock.advance(BACKOFF_CAP_MS);
        return (await pendingOf(store)) === 0;
      });
      assert.equal(forwarder.state().running, true);
    }),
  );

  it(
    'lets the request under way end in peace if there is time',
    withBench(async ({ store, clock, destination, forwarder }) => {
      let answerNow: () => void = () => assert.fail();
      destination.answer = (batch) =>
        new Promise((resolve) => {
          answerNow = () => resolve(allTaken(batch));
        });
      await store.append(sampleAlerts(2));
      await forwarder.start();
      await until(() => destination.sent.length === 1);
      const drained = forwarder.drain(clock.now() + 2_000);
      await quiet();
      answerNow();
      assert.equal(await drained, 0);
      assert.equal(destination.sent.length, 1);
    }),
  );

  it(
    'does not wait for pauses and schedules',
    withBench(async ({ store, clock, destination, forwarder }) => {
      destination.answer = () => DOWN;
      await store.append(sampleAlerts(2));
      await forwarder.start();
      await until(() => destination.sent.length === 1 && clock.nextMs !== null);
      destination.answer = allTaken;
      assert.equal(await forwarder.drain(clock.now() + 1_000), 0);
    }),
  );

  it(
    'tries what is not taken once, and everything else',
    withBench(async ({ store, clock, destination, forwarder }) => {
      const busy = new Set([0, 3, 700].map((number) => sampleAlert(number).id));
      destination.answer = takenExcept((id) => (busy.has(id) ? 'retry' : null));
      await store.append(sampleAlerts(1_000));
      assert.equal(await forwarder.drain(clock.now() + 1_000), 3);
      assert.equal(destination.sent.flat().length, 1_000);
    }),
  );

  it(
    'may be asked for twice at once',
    withBench(async ({ store, clock, destination, forwarder }) => {
      await store.append(sampleAlerts(10));
      const until1 = clock.now() + 1_000;
      assert.deepEqual(await Promise.all([forwarder.drain(until1), forwarder.drain(until1)]), [0, 0]);
      assert.equal(destination.sent.flat().length, 10);
    }),
  );

  it(
    'is ended by a stop',
    withBench(async ({ store, clock, destination, forwarder }) => {
      destination.answer = never;
      await store.append(sampleAlerts(3));
      const drained = forwarder.drain(clock.now() + 60_000);
      await until(() => destination.sent.length === 1);
      await forwarder.stop();
      assert.equal(await drained, 3);
    }),
  );
});
