import assert from 'node:assert/strict';
import { Pipeline } from '../../src/agent/index.ts';
import { RuleSet } from '../../src/rules/index.ts';
import { type AlertStore, type NewAlert, openStore } from '../../src/store/index.ts';
import { Tap } from '../../src/tap/index.ts';
import { controlLine, execLine, forkLine, type ProcessOptions } from '../support/eslogger-lines.ts';
import { TEST_ORIGIN } from '../support/events.ts';
import { temporaryFolder } from '../support/files.ts';

const DUMP = ['security', 'dump-keychain', '-d'];

function dump(pid: number, more: ProcessOptions & { args?: string[] } = {}): string {
  const startTime = `2026-08-12T11:00:00.${String(pid).padStart(6, '0')}Z`;
  return execLine({ pid, pidversion: pid * 10, startTime, path: '/usr/bin/security', args: DUMP, ...more });
}

describe('the pipeline', () => {
  const folder = temporaryFolder();
  let store: AlertStore;
  let told: NewAlert[];

  beforeEach(async () => {
    store = await openStore(folder.path('state'), { createIfMissing: true });
    told = [];
  });
  afterEach(() => store.close());

  async function run(
    lines: readonly string[],
    { into = store as Pick<AlertStore, 'append'> } = {},
  ): Promise<Pipeline> {
    const pipeline = new Pipeline({
      origin: TEST_ORIGIN,
      live: false,
      rules: RuleSet.load(),
      store: into,
      onStored: (alerts) => void told.push(...alerts),
    });
    const tap = new Tap({ path: folder.write('capture.ndjson', lines.map((line) => `${line}\n`).join('')) });
    try {
      await pipeline.run(tap);
    } finally {
      await tap.stop();
    }
    return pipeline;
  }

  it('stores an alert for a process that a rule matches, and tells of it once it is durable', async () => {
    const { counters } = await run([execLine({ args: ['ls'] }), dump(700)]);
    const [alert, ...more] = await store.list();
    assert.deepEqual(
      [alert?.ruleName, alert?.severity, alert?.riskScore, more.length],
      ['Dumping of Keychain Content via Security Command', 'high', 73, 0],
    );
    assert.deepEqual(
      told.map(({ id }) => id),
      [alert?.id],
    );
    assert.deepEqual(
      [counters.matched, counters.stored, counters.known, counters.evictedProcesses],
      [1, 1, 0, 0],
    );
  });

  it('makes one alert for a process, though it execs twice with the same arguments', async () => {
    const { counters } = await run([
      dump(700, { path: '/usr/bin/env', args: ['env', ...DUMP] }),
      dump(700, { pidversion: 7_001 }),
    ]);
    assert.deepEqual(
      (await store.list()).map(({ document }) => JSON.parse(document).process.name),
      ['env'],
    );
    assert.deepEqual([counters.matched, counters.stored, counters.known], [2, 1, 1]);
  });

  it('makes one alert for each of many processes', async () => {
    await run(Array.from({ length: 2_500 }, (_, index) => dump(1_000 + index)));
    assert.equal((await store.counts()).total, 2_500);
    assert.equal(new Set(told.map(({ id }) => id)).size, 2_500);
  });

  it('makes no second alert where a capture is read again, or holds an event twice', async () => {
    await run([dump(700), dump(700)]);
    const { counters } = await run([dump(700)]);
    assert.deepEqual(
      [(await store.counts()).total, counters.stored, counters.known, told.length],
      [1, 0, 1, 1],
    );
  });

  it('keeps with the alert who led to it', async () => {
    const shell: ProcessOptions = {
      pid: 500,
      pidversion: 5_000,
      path: '/bin/zsh',
      startTime: '2026-08-12T10:00:00.000001Z',
    };
    const child: ProcessOptions = {
      pid: 700,
      parentPid: 500,
      parentPidversion: 5_000,
      startTime: '2026-08-12T11:00:00.000700Z',
    };
    await run([
      execLine({ ...shell, args: ['-zsh'] }),
      forkLine({ ...child, pidversion: 6_999, path: '/bin/zsh', actor: shell }),
      dump(700, { ...child, pidversion: 7_000 }),
    ]);
    const [alert] = await store.list();
    const { ancestry } = JSON.parse(alert!.detail);
    assert.deepEqual(
      [ancestry[0].pid, ancestry[0].executable, ancestry[0].args],
      [500, '/bin/zsh', ['-zsh']],
    );
  });

  it('takes the host from a start line', async () => {
    const start = controlLine({ start: { host: { id: 'HOST-A', name: 'mac-a' }, boot_id: 'B1' } });
    await run([start, dump(700)]);
    await run([dump(701)]);
    const hosts = (await store.list()).map(({ document }) => JSON.parse(document).host.id);
    assert.deepEqual(hosts.sort(), ['HOST-A', 'capture']);
  });

  it('starts its table anew where the capture goes on with another boot', async () => {
    const start = (boot: string): string => controlLine({ start: { host: { id: 'HOST-A' }, boot_id: boot } });
    const parent: ProcessOptions = { pid: 500, pidversion: 5_000, path: '/bin/zsh' };
    const child: ProcessOptions = { parentPid: 500, parentPidversion: 5_000 };
    await run([
      start('B1'),
      execLine({ ...parent, args: ['-zsh'] }),
      dump(700, child),
      start('B2'),
      dump(701, child),
    ]);
    const alerts = await store.list();
    const known = alerts.map(({ document }) => JSON.parse(document).process.parent.executable);
    assert.deepEqual(known.sort(), ['/bin/zsh', undefined]);
  });

  it('fails where the store fails: an alert that is not durable must not pass for one', async () => {
    const full = { append: () => Promise.reject(new Error('no room')) };
    await assert.rejects(run([dump(700)], { into: full }), /no room/);
    assert.deepEqual(told, []);
  });
});
