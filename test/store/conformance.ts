/** What every `AlertStore` has to do, whatever it is made of. Run by each implementation's own test file. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type AlertStore, type DeliveryOutcome, MIN_ID_PREFIX } from '../../src/store/alert-store.ts';
import {
  AmbiguousIdError,
  InvalidAlertError,
  StoreClosedError,
  UnknownAlertError,
  UnknownDestinationError,
  UnknownRunError,
} from '../../src/store/errors.ts';
import { excepting } from './exception-conformance.ts';
import { keepingGaps } from './gap-conformance.ts';
import { START_MS, sampleAlert, sampleAlerts, withDirectory } from './samples.ts';

/** Opens the store in a directory; called again with the same directory it must find what was stored. */
export type OpenForTest = (directory: string) => Promise<AlertStore>;

type WithStore = (
  use: (store: AlertStore, reopen: () => Promise<AlertStore>) => Promise<void>,
) => () => Promise<void>;

function withStoreOf(open: OpenForTest): WithStore {
  return (use) => () =>
    withDirectory(async (directory) => {
      let store = await open(directory);
      try {
        await use(store, async () => {
          await store.close();
          store = await open(directory);
          return store;
        });
      } finally {
        await store.close();
      }
    });
}

function pending(numbers: readonly { number: number }[]): number[] {
  return numbers.map(({ number }) => number);
}

function appending(withStore: WithStore): void {
  it(
    'gives back an alert exactly as it was appended, after a restart too',
    withStore(async (store, reopen) => {
      const alert = sampleAlert(1, {
        ruleName: 'Zeilen\nsprung "quoted" \u0000 NUL, emoji 🔑, lone \ud800',
        riskScore: 47.5,
        document:
          '{ "@timestamp": "2026-11-24T03:30:12.345Z", "n": 12345678901234567890, "s": "\\u0000\\ud800" }',
      });
      assert.deepEqual(await store.append([alert]), { stored: [alert.id], known: [] });
      const found = (await (await reopen()).get(alert.id))!;
      const { number, storedMs, status, changes, ...rest } = found;
      // A lone surrogate is no character; a store of UTF-8 keeps U+FFFD or its own form for it.
      const name = rest.ruleName.slice(0, alert.ruleName.indexOf('\ud800'));
      assert.equal(name, alert.ruleName.slice(0, alert.ruleName.indexOf('\ud800')));
      assert.deepEqual({ ...rest, ruleName: '' }, { ...alert, ruleName: '' });
      assert.equal(number, 1);
      assert.ok(Math.abs(Date.now() - storedMs) < 60_000);
      assert.equal(status, 'open');
      assert.deepEqual(changes, []);
    }),
  );

  it(
    'leaves a known id alone, whatever comes with it',
    withStore(async (store) => {
      await store.append([sampleAlert(1)]);
      const again = sampleAlert(1, { severity: 'low', entityId: 'another' });
      assert.deepEqual(await store.append([again]), { stored: [], known: [again.id] });
      assert.equal((await store.get(again.id))!.severity, 'high');
    }),
  );

  it(
    'keeps one alert for a rule and a process, and one each for two rules',
    withStore(async (store) => {
      const first = sampleAlert(1);
      const sameProcess = sampleAlert(2, { entityId: first.entityId });
      const otherRule = sampleAlert(3, { entityId: first.entityId, ruleId: 'rule-other' });
      assert.deepEqual(await store.append([first, sameProcess, otherRule]), {
        stored: [first.id, otherRule.id],
        known: [sameProcess.id],
      });
    }),
  );

  it(
    'counts the second of two equal alerts in one call as known',
    withStore(async (store) => {
      const alert = sampleAlert(1);
      assert.deepEqual(await store.append([alert, alert]), { stored: [alert.id], known: [alert.id] });
    }),
  );

  it(
    'tells each of many concurrent callers what became of its own alerts',
    withStore(async (store) => {
      const calls = Array.from({ length: 60 }, (_, call) => [sampleAlert(call), sampleAlert(call % 20)]);
      const results = await Promise.all(calls.map((alerts) => store.append(alerts)));
      const stored = results.flatMap((result) => result.stored);
      assert.equal(new Set(stored).size, 60);
      assert.equal(stored.length, 60);
      for (const [call, { stored: own, known }] of results.entries()) {
        assert.deepEqual([...own, ...known].sort(), calls[call]!.map(({ id }) => id).sort());
      }
    }),
  );

  it(
    'stores more alerts in one call than one commit takes',
    withStore(async (store) => {
      const { stored } = await store.append(sampleAlerts(1_234));
      assert.equal(stored.length, 1_234);
      assert.equal((await store.counts()).total, 1_234);
    }),
  );

  it(
    'stores documents of several MiB',
    withStore(async (store) => {
      const document = JSON.stringify({ text: 'x'.repeat(3 * 1024 * 1024) });
      const alerts = [1, 2, 3].map((number) => sampleAlert(number, { document }));
      assert.equal((await store.append(alerts)).stored.length, 3);
      assert.equal((await store.get('3'))!.document, document);
    }),
  );

  it(
    'numbers alerts in the order of appending and does not skip for known ones',
    withStore(async (store) => {
      await store.append(sampleAlerts(3));
      await store.append(sampleAlerts(3));
      await store.append([sampleAlert(1), sampleAlert(7)]);
      const numbers = (await store.list()).map(({ number, id }) => [number, id]);
      assert.deepEqual(
        numbers,
        [7, 2, 1, 0].map((each, index) => [4 - index, sampleAlert(each).id]),
      );
    }),
  );

  it(
    'refuses an alert of wrong shape, and nobody else pays for it',
    withStore(async (store) => {
      const wrong = [
        sampleAlert(1, { id: '' }),
        sampleAlert(1, { ruleId: '' }),
        sampleAlert(1, { entityId: '' }),
        sampleAlert(1, { timeMs: 1.5 }),
        sampleAlert(1, { timeMs: Number.NaN }),
        sampleAlert(1, { riskScore: Number.NaN }),
        sampleAlert(1, { document: 'not json' }),
        sampleAlert(1, { detail: '{' }),
        sampleAlert(1, { severity: 3n as unknown as string }),
      ];
      const good = sampleAlerts(wrong.length, 100);
      const results = await Promise.allSettled(
        wrong.flatMap((alert, index) => [store.append([good[index]!]), store.append([alert])]),
      );
      for (const [index, result] of results.entries()) {
        if (index % 2 === 0) assert.equal(result.status, 'fulfilled');
        else
          assert.ok(
            result.status === 'rejected' && result.reason instanceof InvalidAlertError,
            `case ${(index - 1) / 2}`,
          );
      }
      assert.equal((await store.counts()).total, good.length);
    }),
  );
}

function listing(withStore: WithStore): void {
  it(
    'lists the newest event first, filtered and limited',
    withStore(async (store) => {
      await store.append([
        sampleAlert(5),
        sampleAlert(1),
        sampleAlert(9, { ruleId: 'rule-b' }),
        sampleAlert(3),
      ]);
      await store.setStatus(sampleAlert(3).id, 'closed', null, START_MS);
      const ids = async (...filter: Parameters<AlertStore['list']>): Promise<number[]> =>
        (await store.list(...filter)).map(({ timeMs }) => (timeMs - START_MS) / 1000);
      assert.deepEqual(await ids(), [9, 5, 3, 1]);
      assert.deepEqual(await ids({ limit: 2 }), [9, 5]);
      assert.deepEqual(await ids({ sinceMs: START_MS + 3000 }), [9, 5, 3]);
      assert.deepEqual(await ids({ status: 'closed' }), [3]);
      assert.deepEqual(await ids({ status: 'open', ruleId: 'rule-keychain', sinceMs: START_MS + 1001 }), [5]);
    }),
  );

  it(
    'lists page by page what it lists at once, alerts of the same moment included',
    withStore(async (store) => {
      const seconds = [4, 7, 4, 1, 4, 9, 7, 4];
      await store.append(
        seconds.map((at, index) => sampleAlert(at, { id: `id${index}`, entityId: `e${index}` })),
      );
      const all = (await store.list()).map(({ number }) => number);
      for (const limit of [1, 3, 8]) {
        const paged: number[] = [];
        for (let page = await store.list({ limit }); page.length > 0; ) {
          paged.push(...page.map(({ number }) => number));
          page = await store.list({ limit, after: page.at(-1)! });
        }
        assert.deepEqual(paged, all);
      }
    }),
  );

  it(
    'finds an alert by id, number and unique prefix',
    withStore(async (store) => {
      await store.append([
        sampleAlert(1, { id: 'aaaaaa11' }),
        sampleAlert(2, { id: 'aaaaaa22' }),
        sampleAlert(3, { id: '12345678' }),
      ]);
      const id = async (asked: string): Promise<string | undefined> => (await store.get(asked))?.id;
      assert.equal(await id('aaaaaa11'), 'aaaaaa11');
      assert.equal(await id('aaaaaa2'), 'aaaaaa22');
      assert.equal(await id('2'), 'aaaaaa22');
      assert.equal(await id('123456'), '12345678');
      assert.equal(await id('aaaaaa22'.slice(0, MIN_ID_PREFIX - 1)), undefined);
      for (const asked of [
        '',
        '0',
        '4',
        'aaaaaa9',
        'aaaaa%',
        'aaaaa_1',
        '99999999999999999999',
        "' OR 1 --",
      ]) {
        assert.equal(await id(asked), undefined, asked);
      }
      await assert.rejects(store.get('aaaaaa'), (failure) => {
        assert.ok(failure instanceof AmbiguousIdError);
        assert.deepEqual(failure.candidates, ['aaaaaa11', 'aaaaaa22']);
        return true;
      });
    }),
  );

  it(
    'prefers a whole id to the prefix of another',
    withStore(async (store) => {
      await store.append([sampleAlert(1, { id: 'abcdef' }), sampleAlert(2, { id: 'abcdef01' })]);
      assert.equal((await store.get('abcdef'))!.number, 1);
    }),
  );

  it(
    'keeps every change of the status as history',
    withStore(async (store, reopen) => {
      const { id } = sampleAlert(1);
      await store.append([sampleAlert(1), sampleAlert(2)]);
      await store.setStatus(id, 'acknowledged', 'looking at it', 10);
      await store.setStatus(id, 'closed', null, 20);
      await store.setStatus(id, 'open', 'it came back', 15);
      const found = (await (await reopen()).get(id))!;
      assert.equal(found.status, 'open');
      assert.deepEqual(found.changes, [
        { atMs: 10, status: 'acknowledged', comment: 'looking at it' },
        { atMs: 20, status: 'closed', comment: null },
        { atMs: 15, status: 'open', comment: 'it came back' },
      ]);
      assert.deepEqual(
        (await store.get(id).catch((failure: unknown) => failure)) instanceof StoreClosedError,
        true,
      );
    }),
  );

  it(
    'refuses the status of an alert that is not there, and a status that is none',
    withStore(async (store) => {
      await store.append([sampleAlert(1)]);
      await assert.rejects(store.setStatus('nobody', 'closed', null, 1), UnknownAlertError);
      await assert.rejects(store.setStatus(sampleAlert(1).id, 'done' as 'closed', null, 1), TypeError);
      assert.equal((await store.get('1'))!.status, 'open');
    }),
  );
}

function delivering(withStore: WithStore): void {
  it(
    'owes a new destination what is held already and everything that comes',
    withStore(async (store) => {
      await store.append([sampleAlert(1)]);
      await store.addDestination('soc');
      await store.append([sampleAlert(2)]);
      await store.addDestination('soc');
      await store.append([sampleAlert(2), sampleAlert(3)]);
      const due = await store.due('soc', START_MS, 10);
      assert.deepEqual(
        due,
        [1, 2, 3].map((each) => ({
          number: each,
          documentId: sampleAlert(each).id,
          document: sampleAlert(each).document,
          attempts: 0,
        })),
      );
      assert.deepEqual(pending(await store.due('soc', START_MS, 2)), [1, 2]);
    }),
  );

  it(
    'settles each delivery by its outcome and leaves other destinations alone',
    withStore(async (store, reopen) => {
      await store.addDestination('a');
      await store.addDestination('b');
      await store.append(sampleAlerts(4));
      await store.settle('a', [
        { number: 1, kind: 'delivered', duplicate: false, atMs: 100 },
        { number: 2, kind: 'delivered', duplicate: true, atMs: 101 },
        { number: 3, kind: 'refused', error: '400 mapping', atMs: 102 },
        { number: 4, kind: 'retry', nextAttemptMs: 5_000, error: '429 busy', atMs: 103 },
      ]);
      const after = await reopen();
      assert.deepEqual(await after.due('a', 4_999, 10), []);
      assert.deepEqual(
        (await after.due('a', 5_000, 10)).map(({ number, attempts }) => [number, attempts]),
        [[4, 1]],
      );
      assert.equal(await after.nextDue('a'), 5_000);
      assert.deepEqual(pending(await after.due('b', 0, 10)), [1, 2, 3, 4]);
      const [a, b] = (await after.counts()).destinations;
      const { oldestPendingMs, ...rest } = a!;
      assert.equal(oldestPendingMs, (await after.get('4'))!.storedMs);
      assert.deepEqual(rest, {
        name: 'a',
        pending: 1,
        delivered: 2,
        duplicates: 1,
        refused: 1,
        lastError: '429 busy',
        lastErrorMs: 103,
        lastDeliveredMs: 101,
      });
      assert.deepEqual([b!.pending, b!.delivered, b!.lastError, b!.lastDeliveredMs], [4, 0, null, null]);
    }),
  );

  it(
    'does not bring back a delivery that was settled, and keeps the error of the last failure',
    withStore(async (store) => {
      await store.addDestination('a');
      await store.append([sampleAlert(1)]);
      await store.settle('a', [{ number: 1, kind: 'retry', nextAttemptMs: 7, error: 'down', atMs: 5 }]);
      await store.settle('a', [{ number: 1, kind: 'delivered', duplicate: false, atMs: 9 }]);
      await store.settle('a', [{ number: 1, kind: 'retry', nextAttemptMs: 0, error: 'late', atMs: 11 }]);
      await store.settle('a', [{ number: 99, kind: 'delivered', duplicate: false, atMs: 12 }]);
      assert.deepEqual(await store.due('a', Number.MAX_SAFE_INTEGER, 10), []);
      assert.equal(await store.nextDue('a'), null);
      const [counts] = (await store.counts()).destinations;
      assert.deepEqual(
        [
          counts!.delivered,
          counts!.lastError,
          counts!.lastErrorMs,
          counts!.lastDeliveredMs,
          counts!.oldestPendingMs,
        ],
        [1, 'down', 5, 9, null],
      );
    }),
  );

  it(
    'settles five hundred of twenty thousand in well under a second',
    withStore(async (store) => {
      await store.addDestination('a');
      await store.append(sampleAlerts(20_000));
      const due = await store.due('a', 0, 500);
      const begun = performance.now();
      await store.settle(
        'a',
        due.map(({ number }) => ({ number, kind: 'delivered', duplicate: false, atMs: 1 })),
      );
      assert.ok(
        performance.now() - begun < 1_000,
        'a statement that walks the whole queue takes two seconds',
      );
      assert.deepEqual(pending(await store.due('a', 0, 1)), [501]);
    }),
  ).timeout(60_000);

  it(
    'refuses a destination it was never told of',
    withStore(async (store) => {
      await assert.rejects(store.due('nobody', 0, 1), UnknownDestinationError);
      await assert.rejects(store.nextDue('nobody'), UnknownDestinationError);
      await assert.rejects(store.settle('nobody', []), UnknownDestinationError);
    }),
  );

  it('agrees with a model of the queue in memory', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(fc.array(queueStep, { maxLength: 25 }), async (steps) => {
        await withStore(async (store, reopen) => runAgainstModel(store, reopen, steps))();
      }),
      { numRuns: 25 },
    );
  });
}

type QueueStep =
  | { kind: 'append'; numbers: number[] }
  | {
      kind: 'settle';
      now: number;
      limit: number;
      outcomes: ('delivered' | 'retry' | 'refused')[];
      wait: number;
    }
  | { kind: 'reopen' };

const queueStep: fc.Arbitrary<QueueStep> = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), numbers: fc.array(fc.nat(30), { maxLength: 8 }) }),
  fc.record({
    kind: fc.constant('settle' as const),
    now: fc.nat(100),
    limit: fc.integer({ min: 1, max: 5 }),
    outcomes: fc.array(fc.constantFrom('delivered' as const, 'retry' as const, 'refused' as const), {
      minLength: 5,
      maxLength: 5,
    }),
    wait: fc.nat(50),
  }),
  fc.constant({ kind: 'reopen' as const }),
);

/** The queue as a list: what is pending, when it is due, how often it was tried. */
async function runAgainstModel(
  first: AlertStore,
  reopen: () => Promise<AlertStore>,
  steps: readonly QueueStep[],
): Promise<void> {
  let store = first;
  await store.addDestination('d');
  const model: { id: string; due: number; attempts: number; state: string }[] = [];
  for (const step of steps) {
    if (step.kind === 'reopen') store = await reopen();
    else if (step.kind === 'append') {
      await store.append(step.numbers.map((number) => sampleAlert(number)));
      for (const { id } of step.numbers.map((number) => sampleAlert(number))) {
        if (!model.some((entry) => entry.id === id))
          model.push({ id, due: 0, attempts: 0, state: 'pending' });
      }
    } else {
      const expected = model
        .filter(({ state, due }) => state === 'pending' && due <= step.now)
        .slice(0, step.limit);
      const due = await store.due('d', step.now, step.limit);
      assert.deepEqual(
        due.map(({ documentId, attempts }) => [documentId, attempts]),
        expected.map(({ id, attempts }) => [id, attempts]),
      );
      const outcomes = due.map(({ number }, index): DeliveryOutcome => {
        const kind = step.outcomes[index]!;
        const entry = expected[index]!;
        entry.attempts += 1;
        if (kind !== 'retry') entry.state = kind;
        else entry.due = step.now + step.wait;
        if (kind === 'delivered') return { number, kind, duplicate: false, atMs: step.now };
        if (kind === 'refused') return { number, kind, error: 'no', atMs: step.now };
        return { number, kind, nextAttemptMs: entry.due, error: 'later', atMs: step.now };
      });
      await store.settle('d', outcomes);
    }
  }
  const [counts] = (await store.counts()).destinations;
  const count = (state: string): number => model.filter((entry) => entry.state === state).length;
  assert.deepEqual(
    [counts!.pending, counts!.delivered, counts!.refused],
    [count('pending'), count('delivered'), count('refused')],
  );
  const dues = model.filter(({ state }) => state === 'pending').map(({ due }) => due);
  assert.equal(await store.nextDue('d'), dues.length === 0 ? null : Math.min(...dues));
}

function bookkeeping(withStore: WithStore): void {
  it(
    'counts alerts by status and measures its files',
    withStore(async (store) => {
      assert.deepEqual((await store.counts()).byStatus, { open: 0, acknowledged: 0, closed: 0 });
      await store.append(sampleAlerts(3));
      await store.setStatus(sampleAlert(0).id, 'closed', null, 1);
      const { total, byStatus, destinations, bytes } = await store.counts();
      assert.deepEqual(
        { total, byStatus, destinations },
        { total: 3, byStatus: { open: 2, acknowledged: 0, closed: 1 }, destinations: [] },
      );
      assert.ok(bytes > 3 * 300);
    }),
  );

  it(
    'keeps named values',
    withStore(async (store, reopen) => {
      assert.equal(await store.getMeta('agent.id'), null);
      await store.setMeta('agent.id', 'one');
      await store.setMeta('agent.id', 'two');
      assert.equal(await (await reopen()).getMeta('agent.id'), 'two');
    }),
  );

  it(
    'keeps what the last run was and how far it came',
    withStore(async (store, reopen) => {
      assert.equal(await store.lastRun(), null);
      const first = await store.beginRun({ source: 'eslogger', pid: 41, startedMs: 1_000 });
      await store.updateRun(first, { heartbeatMs: 2_000, endedMs: 2_500, counters: '{"events":7}' });
      await store.updateRun(first, { heartbeatMs: 2_600, counters: '{"events":8}' });
      assert.deepEqual(await store.lastRun(), {
        run: first,
        source: 'eslogger',
        pid: 41,
        startedMs: 1_000,
        heartbeatMs: 2_600,
        endedMs: 2_500,
        counters: '{"events":8}',
      });
      const second = await (await reopen()).beginRun({ source: 'capture.ndjson', pid: 42, startedMs: 3_000 });
      assert.notEqual(second, first);
    }),
  );

  it(
    'refuses the heartbeat of a run that never began',
    withStore(async (store) => {
      await assert.rejects(store.updateRun(5, { heartbeatMs: 1, counters: '{}' }), UnknownRunError);
    }),
  );

  it(
    'finishes what was begun before it closes, and refuses what comes after',
    withStore(async (store) => {
      const begun = store.append(sampleAlerts(700));
      const closed = store.close();
      assert.equal((await begun).stored.length, 700);
      await closed;
      await store.close();
      await assert.rejects(store.append([sampleAlert(1)]), StoreClosedError);
      await assert.rejects(store.list(), StoreClosedError);
      await assert.rejects(store.counts(), StoreClosedError);
    }),
  );
}

/** Declares the suite for one implementation. */
export function describeAlertStore(name: string, open: OpenForTest): void {
  describe(`AlertStore on ${name}`, () => {
    const withStore = withStoreOf(open);
    describe('appending', () => appending(withStore));
    describe('listing and status', () => listing(withStore));
    describe('deliveries', () => delivering(withStore));
    describe('exceptions', () => excepting(withStore));
    describe('gaps', () => keepingGaps(withStore));
    describe('bookkeeping', () => bookkeeping(withStore));
  });
}
