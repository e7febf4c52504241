/** What every store does with gaps; a part of the suite in conformance.ts. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AlertStore } from '../../src/store/alert-store.ts';
import { MAX_GAPS, type SavedGap } from '../../src/store/gap-store.ts';
import { sampleAlerts } from './samples.ts';

type WithStore = (
  use: (store: AlertStore, reopen: () => Promise<AlertStore>) => Promise<void>,
) => () => Promise<void>;

/** A gap of 500 ms that has ended, with its one document. */
export function sampleGap(number: number, changes: Partial<SavedGap> = {}): SavedGap {
  const fromMs = 10_000 + number * 1_000;
  return {
    id: `gap-${number}`,
    cause: 'sequence',
    fromMs,
    lastMs: fromMs + 500,
    toMs: fromMs + 500,
    lost: 3,
    exact: true,
    detail: null,
    lostByType: null,
    documents: [{ id: `document-${number}`, document: JSON.stringify({ gap: number }) }],
    ...changes,
  };
}

const open = (number: number, changes: Partial<SavedGap> = {}): SavedGap =>
  sampleGap(number, { toMs: null, documents: [], ...changes });

export function keepingGaps(withStore: WithStore): void {
  it(
    'gives back a gap exactly as it was saved, after a restart too',
    withStore(async (store, reopen) => {
      const saved = sampleGap(1, { detail: 'quote " \n 🔑', lostByType: { exec: 2, fork: 1 } });
      await store.saveGaps([saved, open(2, { lost: null, exact: false })]);
      const [second, first] = await (await reopen()).gaps();
      const { documents: _, ...row } = saved;
      assert.deepEqual(first, { number: 1, ...row });
      assert.deepEqual([second?.lost, second?.exact, second?.toMs], [null, false, null]);
    }),
  );

  it(
    'changes a gap while it lasts, and no more once it has ended',
    withStore(async (store) => {
      await store.saveGaps([open(1)]);
      await store.saveGaps([open(1, { lost: 9, lastMs: 20_000, exact: false, detail: 'more' })]);
      assert.deepEqual(
        (await store.gaps()).map(({ number, lost, lastMs, exact, detail }) => [
          number,
          lost,
          lastMs,
          exact,
          detail,
        ]),
        [[1, 9, 20_000, false, 'more']],
      );
      await store.saveGaps([sampleGap(1, { lost: 10 })]);
      await store.saveGaps([sampleGap(1, { lost: 99, toMs: 50_000 })]);
      assert.deepEqual(
        (await store.gaps()).map(({ lost, toMs }) => [lost, toMs]),
        [[10, 11_500]],
      );
    }),
  );

  it(
    'lists the newest start first, those since a time, and those that last',
    withStore(async (store) => {
      await store.saveGaps([sampleGap(3), open(1), sampleGap(2)]);
      const ids = async (filter: Parameters<AlertStore['gaps']>[0]): Promise<string[]> =>
        (await store.gaps(filter)).map(({ id }) => id);
      assert.deepEqual(await ids({}), ['gap-3', 'gap-2', 'gap-1']);
      assert.deepEqual(await ids({ limit: 2 }), ['gap-3', 'gap-2']);
      assert.deepEqual(await ids({ open: true }), ['gap-1']);
      // Gap 2 ended at 12,500; gap 1 still lasts.
      assert.deepEqual(await ids({ sinceMs: 12_501 }), ['gap-3', 'gap-1']);
      assert.deepEqual(await store.gapCounts(12_501), {
        total: 3,
        open: 1,
        recent: 2,
        recentLost: 6,
        forgotten: 0,
      });
    }),
  );

  it(
    'brings each document to every destination once, behind the alerts, whichever came first',
    withStore(async (store, reopen) => {
      await store.addDestination('a');
      const told = open(1, { documents: [{ id: 'begun', document: '{"n":0}' }] });
      await store.saveGaps([told]);
      await store.append(sampleAlerts(2));
      await store.saveGaps([sampleGap(1), sampleGap(1), sampleGap(2)]);
      await store.addDestination('b');
      const expected = ['begun', 'document-1', 'document-2'];
      for (const destination of ['a', 'b']) {
        const due = await store.due(destination, 0, 10);
        assert.deepEqual(
          due.slice(2).map(({ documentId }) => documentId),
          expected,
        );
        assert.deepEqual(JSON.parse(due[3]!.document), { gap: 1 });
      }
      const [first, , third] = await store.due('a', 0, 10);
      await store.settle('a', [
        { number: first!.number, kind: 'delivered', duplicate: false, atMs: 5 },
        { number: third!.number, kind: 'refused', error: 'no such stream', atMs: 5 },
      ]);
      const { destinations } = await (await reopen()).counts();
      assert.deepEqual(
        destinations.map(({ name, pending, delivered, refused }) => [name, pending, delivered, refused]),
        [
          ['a', 3, 1, 1],
          ['b', 5, 0, 0],
        ],
      );
    }),
  );

  it(
    'tells since when the oldest document waits, of a gap too',
    withStore(async (store) => {
      await store.addDestination('a');
      const before = Date.now();
      await store.saveGaps([sampleGap(1)]);
      const [a] = (await store.counts()).destinations;
      assert.ok(a?.oldestPendingMs !== null && a!.oldestPendingMs >= before);
      const [delivery] = await store.due('a', 0, 1);
      await store.settle('a', [{ number: delivery!.number, kind: 'delivered', duplicate: true, atMs: 1 }]);
      assert.equal((await store.counts()).destinations[0]!.oldestPendingMs, null);
      assert.equal(await store.nextDue('a'), null);
    }),
  );

  it(
    'forgets the oldest beyond the bound, with what was not sent of it, and counts them',
    withStore(async (store) => {
      await store.addDestination('a');
      const gaps = Array.from({ length: MAX_GAPS + 7 }, (_, number) => sampleGap(number));
      await store.saveGaps(gaps);
      const counts = await store.gapCounts(0);
      assert.deepEqual([counts.total, counts.forgotten], [MAX_GAPS, 7]);
      assert.equal((await store.counts()).destinations[0]!.pending, MAX_GAPS);
      assert.equal((await store.due('a', 0, 1))[0]!.documentId, 'document-7');
    }),
  ).timeout(30_000);

  it(
    'saves all or nothing',
    withStore(async (store) => {
      await assert.rejects(
        store.saveGaps([sampleGap(1), sampleGap(2, { documents: [{ id: 'x', document: 'no JSON' }] })]),
      );
      assert.deepEqual(await store.gaps(), []);
    }),
  );

  it('agrees with a model in memory', async () => {
    const step = fc.record({ number: fc.nat(4), ends: fc.boolean(), lost: fc.nat(9) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), (steps) =>
        withStore(async (store) => {
          await store.addDestination('a');
          const model = new Map<string, SavedGap>();
          for (const { number, ends, lost } of steps) {
            const gap = ends ? sampleGap(number, { lost }) : open(number, { lost });
            await store.saveGaps([gap]);
            if (model.get(gap.id)?.toMs == null) model.set(gap.id, gap);
          }
          const shown = (
            all: Iterable<{ id: string; lost: number | null; toMs: number | null }>,
          ): unknown[] => [...all].map(({ id, lost, toMs }) => `${id} ${lost} ${toMs}`).sort();
          assert.deepEqual(shown(await store.gaps()), shown(model.values()));
          const due = await store.due('a', 0, 100);
          assert.deepEqual(
            due.map(({ documentId }) => documentId).sort(),
            steps
              .filter(({ ends }) => ends)
              .map(({ number }) => `document-${number}`)
              .filter((id, index, all) => all.indexOf(id) === index)
              .sort(),
          );
        })(),
      ),
      { numRuns: 25 },
    );
  }).timeout(30_000);
}
