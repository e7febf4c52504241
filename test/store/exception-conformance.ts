/** What every store does with exceptions; a part of the suite in conformance.ts. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AlertStore } from '../../src/store/alert-store.ts';
import { TooManyExceptionsError, UnknownExceptionError } from '../../src/store/errors.ts';
import { MAX_EXCEPTIONS, type NewException } from '../../src/store/exception-store.ts';

type WithStore = (
  use: (store: AlertStore, reopen: () => Promise<AlertStore>) => Promise<void>,
) => () => Promise<void>;

export function sampleException(number: number, changes: Partial<NewException> = {}): NewException {
  return {
    id: number.toString(16).padStart(12, '0'),
    ruleId: null,
    where: `process.pid == ${number}`,
    reason: 'the nightly backup',
    createdMs: 1_000 + number,
    createdBy: 501,
    expiresMs: 5_000_000,
    ...changes,
  };
}

const NO_HITS = { removedMs: null, removedBy: null, hits: 0, lastHitMs: null };

/** An exception as a model in memory has it. */
type Model = NewException & { removedMs: number | null; hits: number };

const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), number: fc.nat(3), reason: fc.constantFrom('a', 'b') }),
  fc.record({ kind: fc.constant('remove' as const), number: fc.nat(3) }),
  fc.record({ kind: fc.constant('hit' as const), number: fc.nat(3) }),
  fc.constant({ kind: 'reopen' as const }),
);

export function excepting(withStore: WithStore): void {
  it(
    'gives back an exception exactly as it was added, after a restart too',
    withStore(async (store, reopen) => {
      const added = sampleException(1, {
        ruleId: 'rule-1',
        where: 'process.args : "quo\\"te" and\n\tuser.name == "Jürgen 🔑"',
        expiresMs: null,
      });
      const { exception, changed } = await store.addException(added);
      assert.equal(changed, true);
      assert.deepEqual(exception, { ...added, ...NO_HITS, number: exception.number });
      assert.deepEqual(await (await reopen()).exceptions(), [exception]);
    }),
  );

  it(
    'takes the same one twice as one, and keeps the former where its reason or its end is another',
    withStore(async (store) => {
      const first = await store.addException(sampleException(1));
      const again = await store.addException(sampleException(1, { createdMs: 9_000 }));
      assert.deepEqual(again, { exception: first.exception, changed: false });
      const longer = sampleException(1, { expiresMs: null, createdMs: 9_500, createdBy: 0 });
      const renewed = await store.addException(longer);
      assert.equal(renewed.changed, true);
      assert.deepEqual(await store.exceptions(), [renewed.exception]);
      assert.deepEqual(await store.exceptions('all'), [
        { ...first.exception, removedMs: 9_500, removedBy: 0 },
        renewed.exception,
      ]);
    }),
  );

  it(
    'keeps what was removed, when and by whom, and refuses to remove what does not stand',
    withStore(async (store, reopen) => {
      await store.addException(sampleException(1));
      const removed = await store.removeException(sampleException(1).id, 7_000, 502);
      assert.deepEqual([removed.removedMs, removed.removedBy], [7_000, 502]);
      await assert.rejects(store.removeException(removed.id, 7_001, 502), UnknownExceptionError);
      const opened = await reopen();
      assert.deepEqual(await opened.exceptions(), []);
      assert.deepEqual(await opened.exceptions('all'), [removed]);
      const anew = await opened.addException(sampleException(1));
      assert.ok(anew.exception.number > removed.number);
    }),
  );

  it(
    'adds hits to what was hit, and to nothing else',
    withStore(async (store) => {
      const [one, two] = [
        (await store.addException(sampleException(1))).exception,
        (await store.addException(sampleException(2))).exception,
      ];
      await store.countExceptionHits([]);
      await store.countExceptionHits([
        { number: one.number, hits: 2, lastHitMs: 50 },
        { number: 999, hits: 1, lastHitMs: 1 },
      ]);
      await store.removeException(one.id, 7_000, 0);
      await store.countExceptionHits([{ number: one.number, hits: 3, lastHitMs: 40 }]);
      assert.deepEqual(
        (await store.exceptions('all')).map(({ hits, lastHitMs }) => [hits, lastHitMs]),
        [
          [5, 50],
          [0, null],
        ],
      );
      assert.deepEqual(await store.exceptions(), [two]);
    }),
  );

  it(
    'takes no more than may stand, and one in place of another all the same',
    withStore(async (store) => {
      for (let number = 0; number < MAX_EXCEPTIONS; number += 1)
        await store.addException(sampleException(number));
      await assert.rejects(store.addException(sampleException(MAX_EXCEPTIONS)), TooManyExceptionsError);
      assert.equal((await store.addException(sampleException(3, { reason: 'other' }))).changed, true);
      await store.removeException(sampleException(0).id, 7_000, 0);
      assert.equal((await store.addException(sampleException(MAX_EXCEPTIONS))).changed, true);
      assert.equal((await store.exceptions()).length, MAX_EXCEPTIONS);
    }),
  ).timeout(20_000);

  it('agrees with a model in memory', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), (steps) =>
        withStore(async (first, reopen) => {
          let store = first;
          const model: Model[] = [];
          for (const [at, each] of steps.entries()) {
            if (each.kind === 'reopen') {
              store = await reopen();
              continue;
            }
            const { id } = sampleException(each.number);
            const standing = model.find((one) => one.id === id && one.removedMs === null);
            if (each.kind === 'add') {
              const added = sampleException(each.number, { reason: each.reason, createdMs: at });
              const { changed } = await store.addException(added);
              assert.equal(changed, standing?.reason !== each.reason);
              if (!changed) continue;
              if (standing !== undefined) standing.removedMs = at;
              model.push({ ...added, removedMs: null, hits: 0 });
            } else if (standing === undefined) {
              await assert.rejects(store.removeException(id, at, 0), UnknownExceptionError);
            } else if (each.kind === 'remove') {
              await store.removeException(id, at, 0);
              standing.removedMs = at;
            } else {
              const { number } = (await store.exceptions()).find((one) => one.id === id)!;
              await store.countExceptionHits([{ number, hits: 1, lastHitMs: at }]);
              standing.hits += 1;
            }
          }
          const shown = (all: readonly Model[]) =>
            all.map(({ id, reason, createdMs, removedMs, hits }) => [id, reason, createdMs, removedMs, hits]);
          assert.deepEqual(shown(await store.exceptions('all')), shown(model));
          assert.deepEqual(
            shown(await store.exceptions()),
            shown(model.filter(({ removedMs }) => removedMs === null)),
          );
        })(),
      ),
      { numRuns: 25 },
    );
  }).timeout(30_000);
}
