import assert from 'node:assert/strict';
import { createLog, Exceptions, type Log, Pipeline } from '../../src/agent/index.ts';
import { type Rule, RuleSet } from '../../src/rules/index.ts';
import { type AlertStore, openStore } from '../../src/store/index.ts';
import { Tap } from '../../src/tap/index.ts';
import { execLine, type ProcessOptions } from '../support/eslogger-lines.ts';
import { TEST_ORIGIN } from '../support/events.ts';
import { temporaryFolder } from '../support/files.ts';

const log = createLog('error', false);
const EVENT_MS = Date.parse('2026-08-12T11:00:00Z');
const EVENT_TIME = '2026-08-12T11:00:00.000001000Z';

function dump(pid: number, more: ProcessOptions & { args?: string[] } = {}): string {
  return execLine({
    pid,
    pidversion: pid * 10,
    startTime: `2026-08-12T10:00:00.${String(pid).padStart(6, '0')}Z`,
    time: EVENT_TIME,
    path: '/usr/bin/security',
    args: ['security', 'dump-keychain', '-d'],
    ...more,
  });
}

const asked = (where: string, expiresMs: number | null = null, ruleId: string | null = null) => ({
  where,
  ruleId,
  expiresMs,
  reason: 'test',
  createdMs: 1,
  createdBy: 501,
});

describe('the exceptions of an agent', () => {
  const folder = temporaryFolder();
  let store: AlertStore;

  beforeEach(async () => {
    store = await openStore(folder.path('state'), { createIfMissing: true });
  });
  afterEach(() => store.close());

  async function run(
    exceptions: Exceptions,
    lines: readonly string[],
    { live = false, now = Date.now, rules = RuleSet.load() } = {},
  ): Promise<Pipeline> {
    const pipeline = new Pipeline({
      origin: TEST_ORIGIN,
      live,
      now,
      rules,
      store,
      exceptions,
    });
    const tap = new Tap({ path: folder.write('c.ndjson', lines.map((line) => `${line}\n`).join('')) });
    try {
      await pipeline.run(tap);
    } finally {
      await tap.stop();
    }
    return pipeline;
  }

  const alerts = async (): Promise<number[]> =>
    (await store.list()).map(({ document }) => JSON.parse(document).process.pid as number).sort();

  it('keep what they cover from being alerts, and count it, one by one and in all', async () => {
    const exceptions = await Exceptions.load(store, log);
    await exceptions.add(asked('process.pid in (700, 701)'));
    await exceptions.add(asked('process.pid == 701'));
    await exceptions.add(asked('process.pid == 702', null, 'another-rule'));
    const { counters } = await run(exceptions, [dump(700), dump(701), dump(702)]);
    assert.deepEqual(await alerts(), [702]);
    assert.deepEqual([counters.matched, counters.excepted, counters.stored], [3, 2, 1]);
    const hits = (await exceptions.list('standing')).map((each) => [each.hits, each.lastHitMs]);
    assert.deepEqual(hits, [
      [2, EVENT_MS],
      [1, EVENT_MS],
      [0, null],
    ]);
  });

  it('are the same after a restart, with what they have hit', async () => {
    const before = await Exceptions.load(store, log);
    await before.add(asked('process.pid == 700'));
    await run(before, [dump(700)]);
    await before.keep();
    await store.close();
    store = await openStore(folder.path('state'));
    const after = await Exceptions.load(store, log);
    await run(after, [dump(700, { startTime: '2026-08-12T10:30:00.000001Z' })]);
    assert.deepEqual(await alerts(), []);
    assert.deepEqual(
      (await after.list('all')).map(({ hits }) => hits),
      [2],
    );
  });

  it('take effect at once when they are added or removed, and removed ones keep their hits', async () => {
    const exceptions = await Exceptions.load(store, log);
    await run(exceptions, [dump(700)]);
    const { exception } = await exceptions.add(asked('process.name == "security"'));
    await run(exceptions, [dump(701)]);
    const removed = await exceptions.remove(exception.id, 0);
    await run(exceptions, [dump(702)]);
    assert.deepEqual(await alerts(), [700, 702]);
    assert.equal(removed.hits, 1);
  });

  it('are all in force when they are added at the same time', async () => {
    const exceptions = await Exceptions.load(store, log);
    const pids = Array.from({ length: 100 }, (_, index) => 700 + index);
    await Promise.all(pids.map((pid) => exceptions.add(asked(`process.pid == ${pid}`))));
    const { counters } = await run(
      exceptions,
      [...pids, 800].map((pid) => dump(pid)),
    );
    assert.deepEqual(await alerts(), [800]);
    assert.equal(counters.excepted, 100);
  });

  it('cover nothing where they cannot be used, are told of, and keep the others from nothing', async () => {
    const stored = { ...asked('process.pid == 700'), id: '1' };
    await store.addException({ ...stored, id: '2', where: 'process.name =' });
    await store.addException({ ...stored, id: '3', where: 'not no.field == 1' });
    await store.addException(stored);
    const told: object[] = [];
    const warn = (_message: string, fields: object): number => told.push(fields);
    const telling = Object.assign(createLog('error', false), { warn }) as unknown as Log;
    const exceptions = await Exceptions.load(store, telling);
    await run(exceptions, [dump(700), dump(701)]);
    assert.deepEqual(await alerts(), [701]);
    assert.deepEqual(
      told.map((fields) => (fields as { exception: string }).exception),
      ['2', '3'],
    );
  });

  it('end by the time of the event in a capture, whatever the day it is read', async () => {
    const exceptions = await Exceptions.load(store, log);
    await exceptions.add(asked('process.pid == 700', EVENT_MS));
    await exceptions.add(asked('process.pid == 701', EVENT_MS + 1));
    await run(exceptions, [dump(700), dump(701)], { now: () => EVENT_MS + 1e12 });
    assert.deepEqual(await alerts(), [700]);
  });

  it('end by the clock of the agent on a live tap', async () => {
    const exceptions = await Exceptions.load(store, log);
    const now = EVENT_MS + 60_000;
    await exceptions.add(asked('process.pid == 700', now));
    await exceptions.add(asked('process.pid == 701', now + 1));
    await run(exceptions, [dump(700), dump(701)], { live: true, now: () => now });
    assert.deepEqual(await alerts(), [700]);
  });

  it('cover what a rule finds because something did not come, at the end and as time passes', async () => {
    const [template] = RuleSet.load().rules;
    const query =
      'sequence by process.entity_id with maxspan=5s [process where event.action == "exec"] ![process where event.action == "end"]';
    const stays: Rule = { ...template!, id: 'stays', name: 'stays', query, file: 't.toml', queryLine: 1 };
    const exceptions = await Exceptions.load(store, log);
    await exceptions.add(asked('process.pid == 700', null, 'stays'));
    const ended = await run(exceptions, [dump(700), dump(701)], { rules: new RuleSet([stays]) });
    assert.deepEqual(await alerts(), [701]);
    assert.equal(ended.counters.excepted, 1);
    const later = { live: true, now: () => EVENT_MS + 60_000, rules: new RuleSet([stays]) };
    const pipeline = await run(exceptions, [dump(700, { path: '/bin/ls' }), dump(702)], later);
    pipeline.tick();
    await pipeline.settled();
    assert.deepEqual(await alerts(), [701, 702]);
    assert.equal(pipeline.counters.excepted, 1);
  });

  it('do not cover what takes several slices to find undecidable, and hold nothing else up for good', async () => {
    const exceptions = await Exceptions.load(store, log);
    await exceptions.add(asked('process.command_line regex ".*x(a.{200}|b.{300})c.*"'));
    const args = ['security', 'dump-keychain', '-d', 'x'.repeat(500_000)];
    const { counters } = await run(exceptions, [dump(700, { args }), dump(701)]);
    assert.deepEqual(await alerts(), [700, 701]);
    assert.equal(counters.excepted, 0);
  });

  it('keep the count of hits where it could not be written, and write it the next time', async () => {
    let full = true;
    const broken: Pick<AlertStore, 'exceptions' | 'addException' | 'removeException' | 'countExceptionHits'> =
      {
        exceptions: (which) => store.exceptions(which),
        addException: (each) => store.addException(each),
        removeException: (...each) => store.removeException(...each),
        countExceptionHits: (hits) =>
          full ? Promise.reject(new Error('no room')) : store.countExceptionHits(hits),
      };
    const exceptions = await Exceptions.load(broken, log);
    await exceptions.add(asked('process.name == "security"'));
    await run(exceptions, [dump(700)]);
    await assert.rejects(exceptions.keep(), /no room/);
    await run(exceptions, [dump(701)]);
    full = false;
    await exceptions.keep();
    assert.equal((await store.exceptions())[0]!.hits, 2);
  });
});
