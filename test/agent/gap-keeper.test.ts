import assert from 'node:assert/strict';
import { GapKeeper } from '../../src/agent/gap-keeper.ts';
import { Gaps, TOLD_OPEN_MS } from '../../src/agent/gaps.ts';
import type { Log } from '../../src/agent/index.ts';
import { UNKNOWN_CAPTURE } from '../../src/ecs/index.ts';
import { type AlertStore, openStore } from '../../src/store/index.ts';
import { withDirectory } from '../store/samples.ts';

const T = Date.UTC(2026, 10, 24, 10);
const ORIGIN = { host: UNKNOWN_CAPTURE, agent: { id: 'a9e3f1c2', version: '1' }, namespace: 'default' };

function logTo(lines: [string, object][]): Log {
  const line = (message: string, fields: object): void => void lines.push([message, fields]);
  return { info: line, warn: line } as unknown as Log;
}

/** Runs `use` with a store that has a destination; `run` begins another run of the agent on it. */
async function withRuns(
  use: (
    run: (nowMs: number) => Promise<{ gaps: Gaps; keeper: GapKeeper }>,
    store: AlertStore,
  ) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const store = await openStore(directory);
    await store.addDestination('soc');
    try {
      await use(async (nowMs) => {
        const keeper = await GapKeeper.load(store, ORIGIN, logTo([]), nowMs);
        return { keeper, gaps: new Gaps(logTo([]), keeper) };
      }, store);
    } finally {
      await store.close();
    }
  });
}

const sent = async (store: AlertStore): Promise<{ id: string; event: Record<string, unknown> }[]> =>
  (await store.due('soc', 0, 100)).map(({ documentId, document }) => ({
    id: documentId,
    ...(JSON.parse(document) as { event: Record<string, unknown> }),
  }));

describe('the keeper of gaps', () => {
  it('writes a gap when it opens and again when it closes, and makes one document of it', () =>
    withRuns(async (run, store) => {
      const { gaps } = await run(T);
      gaps.open('tap ended', T, 'ended with code 3');
      await gaps.settled();
      assert.deepEqual(
        (await store.gaps()).map(({ cause, toMs, detail }) => [cause, toMs, detail]),
        [['tap ended', null, 'ended with code 3']],
      );
      assert.deepEqual(await sent(store), []);
      gaps.started(T + 2_000);
      await gaps.settled();
      const [row] = await store.gaps();
      const [document, ...more] = await sent(store);
      assert.deepEqual(more, []);
      assert.equal(row!.toMs, T + 2_000);
      assert.equal(document!.id, row!.id);
      assert.deepEqual([document!.event.type, document!.event.duration], [['end'], 2_000_000_000]);
    }));

  it('tells of a gap that lasts, and of its end by another document', () =>
    withRuns(async (run, store) => {
      const { gaps } = await run(T);
      gaps.open('no permission', T, null);
      gaps.tick(T + TOLD_OPEN_MS);
      gaps.seen(T + TOLD_OPEN_MS + 1);
      await gaps.settled();
      const documents = await sent(store);
      assert.deepEqual(
        documents.map(({ event }) => event.type),
        [['start'], ['end']],
      );
      assert.notEqual(documents[0]!.id, documents[1]!.id);
      assert.deepEqual(
        documents.map(({ id, event }) => id === event.id),
        [true, true],
      );
    }));

  it('ends what a run that was cut off has left open, and says so', () =>
    withRuns(async (run, store) => {
      const first = await run(T);
      first.gaps.open('tap silent', T, 'nothing came');
      first.gaps.loss('sequence', { fromMs: T, toMs: T + 100, lost: 2, detail: null });
      first.gaps.loss('sequence', { fromMs: T + 200, toMs: T + 300, lost: 3, detail: null });
      await first.gaps.settled();
      await run(T + 60_000);
      const rows = new Map((await store.gaps()).map((row) => [row.cause, row]));
      const silent = rows.get('tap silent')!;
      assert.deepEqual(
        [silent.toMs, silent.detail],
        [T + 60_000, 'nothing came; the run was cut off while it lasted'],
      );
      // A loss is over with the last that was written down.
      const lost = rows.get('sequence')!;
      assert.deepEqual([lost.toMs, lost.lost, lost.exact], [T + 300, 5, false]);
      assert.equal((await sent(store)).length, 2);
      await run(T + 90_000);
      assert.equal((await sent(store)).length, 2);
    }));

  it('knows the Mac of the run before until the stream names it', () =>
    withRuns(async (run, store) => {
      const first = await run(T);
      assert.equal(first.keeper.hostId, 'capture');
      first.keeper.host({ id: 'HOST-A', name: 'mac-a' });
      first.gaps.open('tap ended', T, null);
      await first.gaps.settled();
      const second = await run(T + 1_000);
      assert.equal(second.keeper.hostId, 'HOST-A');
      const [document] = await sent(store);
      assert.match(JSON.stringify(document), /"host":\{"id":"HOST-A","name":"mac-a"/);
    }));

  it('makes the same rows and documents of a capture that is read again', () =>
    withRuns(async (run, store) => {
      for (let round = 0; round < 2; round += 1) {
        const { gaps } = await run(T);
        for (const at of [0, 50, 100_000])
          gaps.loss('sequence', { fromMs: T + at, toMs: T + at + 10, lost: 1, detail: null });
        gaps.end(T);
        await gaps.settled();
      }
      assert.deepEqual(
        (await store.gaps()).map(({ fromMs, lost }) => [fromMs - T, lost]),
        [
          [100_000, 1],
          [0, 2],
        ],
      );
      assert.equal((await sent(store)).length, 2);
    }));

  it('holds on to gaps while the store takes none, and gives up the oldest at the bound, counted', async () => {
    const lines: [string, object][] = [];
    const rows: string[] = [];
    let full = true;
    let documents = 0;
    const store: ConstructorParameters<typeof GapKeeper>[0] = {
      getMeta: async () => null,
      setMeta: async () => undefined,
      gaps: async () => [],
      saveGaps: async (gaps) => {
        if (full) throw new Error('no room');
        for (const gap of gaps) {
          rows.push(gap.id);
          documents += gap.documents.length;
        }
      },
    };
    const keeper = new GapKeeper(store, ORIGIN, logTo(lines));
    const gaps = new Gaps(logTo([]), keeper);
    let saved = 0;
    keeper.onSaved(() => {
      saved += 1;
    });
    for (let each = 0; each < 1_003; each += 1) {
      gaps.open('tap ended', T + each * 10, null);
      if (each % 100 === 0) await gaps.settled();
      gaps.started(T + each * 10 + 5);
    }
    await gaps.settled();
    assert.equal(keeper.givenUp, 3);
    assert.deepEqual(lines[0]?.[0], 'gaps could not be written');
    assert.equal(saved, 0);
    full = false;
    await gaps.settled();
    assert.deepEqual([rows.length, documents, saved], [1_000, 1_000, 1]);
  });
});
