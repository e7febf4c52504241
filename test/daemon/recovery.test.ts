import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Installation,
  install,
  isAlive,
  processStatus,
  type RunningDaemon,
  until,
} from '../support/daemon.ts';
import { jsonLines } from '../support/exectap.ts';

const ALERT = 'Dumping of Keychain Content via Security Command';

/** Stands in for a worker that reads nothing in its first life, and in its second counts what it finds. */
const STALLED = `
const fs = require('node:fs');
if (!fs.existsSync(process.argv[2])) {
  fs.writeFileSync(process.argv[2], '');
  console.log('ready');
  setInterval(() => {}, 1000);
} else {
  let text = '', lines = 0, dropped = 0;
  process.stdin.on('data', (bytes) => {
    text += bytes;
    const all = text.split('\\n');
    text = all.pop();
    for (const line of all) {
      if (!line.startsWith('{"exectap"')) lines += 1;
      else dropped += JSON.parse(line).exectap.dropped?.n ?? 0;
    }
  });
  process.stdin.on('end', () => { console.log('counted ' + JSON.stringify({ lines, dropped })); process.exit(0); });
}
`;

describe('the daemon', function () {
  this.timeout(60_000);
  let installed: Installation;
  let daemon: RunningDaemon | undefined;

  before(function () {
    installed = install(this);
  });
  after(() => installed?.remove());
  afterEach(async () => {
    if (daemon?.child.exitCode === null && daemon.child.signalCode === null) await daemon.kill();
    daemon = undefined;
  });

  const status = async (): Promise<any> =>
    jsonLines(await installed.exectap(['status', '--json', '--state', installed.path('state')]))[0];

  it('brings an alert from root’s tap through a worker without rights into the database', async () => {
    installed.reset({ rate: 100, triples: 40, matchEvery: 20 });
    daemon = installed.start();
    await daemon.logged(ALERT, 2);
    assert.equal(processStatus(daemon.workerPid, 'Uid').split('\t')[0], String(installed.user.uid));
    assert.equal(processStatus(daemon.pid, 'Uid').split('\t')[0], '0');
    assert.equal(await daemon.kill(), 0);
    const { alerts, agent } = await status();
    assert.deepEqual([alerts.total, agent.activity, agent.counters.tap.gaps], [2, 'ended', 0]);
  });

  it('ends in order: what the tap has written is evaluated before the worker goes', async () => {
    installed.reset({ rate: 500, triples: 200 });
    daemon = installed.start();
    await daemon.logged((line) => 'tap.pid' in line);
    await sleep(300);
    assert.equal(await daemon.kill(), 0);
    const { agent } = await status();
    const { tap } = agent.counters;
    assert.equal(agent.activity, 'ended');
    assert.equal(tap.gaps, 0);
    assert.equal(tap.exec + tap.fork + tap.exit + tap.control + tap.undecodable, tap.lines);
    assert.ok(!isAlive(daemon.workerPid) && !isAlive(daemon.tapPid));
  });

  it('goes on after kill -9 of the worker, on the same tap run, and tells the gap', async () => {
    installed.reset({ rate: 200, matchEvery: 50 });
    daemon = installed.start();
    await daemon.logged(ALERT);
    // Past the first heartbeat, by which it has written down how far it read.
    await sleep(5_500);
    const [first, tap] = [daemon.workerPid, daemon.tapPid];
    process.kill(first, 'SIGKILL');
    await daemon.logged('worker started', 2);
    const resumed = await daemon.logged((line) => line.message === 'tap run' && line.resumed === true);
    const told = daemon.lines.find((line) => line.message === 'tap run');
    assert.deepEqual([resumed.run, daemon.tapPid], [told!.run, tap]);
    const gap = await daemon.logged((line) => line.message === 'gap');
    assert.equal(gap.cause, 'worker restarted');
    const most = Number(gap.lost_at_most);
    assert.ok(most > 0 && most < 5_000, `lost at most ${most}`);
    const stored = daemon.count(ALERT);
    await daemon.logged(ALERT, stored + 1);
    const host = (await installed.exectap(['alerts', 'list', '--json', '--socket', installed.socket])).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).host.id as string);
    assert.equal(new Set(host).size, 1, 'every alert names the same host');
  });

  it('leaves neither worker nor tap behind after kill -9 of the pump, and the next one tells the gap', async () => {
    installed.reset({ rate: 200, matchEvery: 50 });
    const first = installed.start();
    await first.logged(ALERT);
    await first.kill('SIGKILL');
    await until(() => (isAlive(first.workerPid) || isAlive(first.tapPid) ? undefined : true));
    daemon = installed.start();
    await daemon.logged(ALERT);
    const gap = await daemon.logged((line) => line.message === 'gap' && line.cause === 'not running');
    assert.ok(Date.parse(String(gap.from)) <= Date.parse(String(gap.to)));
    const [asked] = jsonLines(await installed.exectap(['status', '--json', '--socket', installed.socket]));
    assert.equal(asked.agent.counters.gaps.recent[0].cause, 'not running');
  });

  for (const transport of ['pty', 'pipe']) {
    it(`ends a tap on a ${transport} that has outlived a pump that was killed`, async () => {
      // It ignores the hang-up, and has nothing to write that would tell it.
      installed.reset({
        rate: 1_000,
        triples: 5,
        ignores: ['SIGHUP', 'SIGTERM', 'SIGINT'],
        seesSelfTests: false,
      });
      const options = ['--transport', transport, '--tap-record', installed.path('tap.record')];
      const first = installed.start({ options });
      await first.logged('tap run');
      await hasSaid(first);
      await first.kill('SIGKILL');
      await sleep(500);
      assert.ok(isAlive(first.tapPid), 'it has not outlived its pump');
      daemon = installed.start({ options });
      await daemon.logged('a tap that a pump before has left was ended');
      await until(() => (isAlive(first.tapPid) ? undefined : true));
    });
  }

  it('starts a tap that ends again and again ever more slowly, and tells why it ended', async () => {
    installed.reset({ triples: 0, exit: 1, stderr: 'no: ES_NEW_CLIENT_RESULT_ERR_NOT_PERMITTED (really)' });
    daemon = installed.start();
    await daemon.logged('tap ended', 3);
    const waits = daemon.lines.filter((line) => line.message === 'tap ended').map((line) => line['retry.ms']);
    assert.deepEqual(waits.slice(0, 3), ['1000', '2000', '4000']);
    const gap = await daemon.logged((line) => line.message === 'gap' && line.cause === 'no permission');
    assert.match(String(gap.detail), /^ended with code 1, no full disk access/);
  });

  it('starts a worker that ends again and again ever more slowly', async () => {
    installed.reset({ triples: 0 });
    daemon = installed.start({ worker: [installed.path('bin/node'), '-e', 'process.exit(3)'] });
    await daemon.logged('worker ended', 3);
    const ends = daemon.lines.filter((line) => line.message === 'worker ended');
    assert.deepEqual(
      ends.slice(0, 3).map((line) => [line['worker.exit'], line['retry.ms']]),
      [
        ['3', '1000'],
        ['3', '2000'],
        ['3', '4000'],
      ],
    );
  });

  it('never glues half a line of a tap that died to the next run', async () => {
    installed.reset({ rate: 1_000, triples: 10, halfLine: true, exit: 0 });
    daemon = installed.start();
    await daemon.logged((line) => 'tap.pid' in line, 2);
    await daemon.logged((line) => line.message === 'tap run', 2);
    await daemon.kill();
    const { tap } = (await status()).agent.counters;
    assert.ok(tap.undecodable >= 1);
    assert.equal(tap.exec + tap.fork + tap.exit, 30 * Math.floor((tap.exec + tap.fork + tap.exit) / 30));
    assert.equal(tap.gaps, 0);
  });

  it('holds a worker that does not read within its bound, counts exactly, and stays below 10 MB', async () => {
    const lines = 3 * 2_000;
    installed.reset({ rate: 20_000, triples: 2_000, argumentBytes: 3_000 });
    installed.write('stalled.cjs', STALLED);
    const mark = installed.path('state/mark');
    daemon = installed.start({ worker: [installed.path('bin/node'), installed.path('stalled.cjs'), mark] });
    await daemon.said('ready');
    await hasWritten(daemon);
    const peak = Number.parseInt(processStatus(daemon.pid, 'VmHWM'), 10);
    console.log(`      pump: ${peak} kB at most, with its buffer full`);
    assert.ok(peak < 10_000, `${peak} kB`);
    process.kill(daemon.workerPid, 'SIGKILL');
    await daemon.logged('worker started', 2);
    await daemon.kill();
    const counted = JSON.parse(await daemon.said('counted '));
    // The first life took one read out of the pipe.
    assert.ok(counted.dropped > 0);
    assert.equal(Number(daemon.lines.at(-1)!['lines.dropped']), counted.dropped);
    assert.equal(counted.lines + counted.dropped, lines);
  });

  it('loses nothing up to its bound to a worker that stalls, and then leaves one gap with the exact count', async () => {
    installed.reset({ rate: 1_000, triples: 2_000, argumentBytes: 2_000 });
    daemon = installed.start();
    await daemon.logged('tap run');
    process.kill(daemon.workerPid, 'SIGSTOP');
    try {
      await hasWritten(daemon);
    } finally {
      process.kill(daemon.workerPid, 'SIGCONT');
    }
    await daemon.logged((line) => line.message === 'gap' && line.cause === 'dropped');
    await sleep(1_500);
    const [asked] = jsonLines(await installed.exectap(['status', '--json', '--socket', installed.socket]));
    const { tap, gaps, pipeline } = asked.agent.counters;
    await daemon.kill();
    const dropped = Number(daemon.lines.at(-1)!['lines.dropped']);
    assert.deepEqual(
      gaps.recent.map(({ cause, lost, exact }: any) => [cause, lost, exact]),
      [['dropped', dropped, true]],
    );
    assert.equal(tap.exec + tap.fork + tap.exit + dropped, 6_000 + pipeline.own.selfTests);
    assert.deepEqual([tap.lostByKernel, tap.overflow], [0, 0]);
  });

  it('is not kept from ending by a worker that does not', async () => {
    installed.reset({ rate: 20_000, triples: 1_000 });
    installed.write('stalled.cjs', STALLED);
    const worker = [installed.path('bin/node'), installed.path('stalled.cjs'), installed.path('state/mark')];
    daemon = installed.start({ worker });
    await daemon.said('ready');
    await hasWritten(daemon);
    assert.equal(await daemon.kill(), 0);
    assert.ok(Number(daemon.lines.at(-1)!['lines.unread']) > 0);
    assert.ok(!isAlive(daemon.workerPid));
  });
});

/** Waits until the tap has said what it has to say. */
async function hasSaid(daemon: RunningDaemon): Promise<void> {
  await until(() => (Number(/wchar: (\d+)/.exec(ioOf(daemon))![1]) > 30_000 ? true : undefined));
}

const ioOf = (daemon: RunningDaemon): string => readFileSync(`/proc/${daemon.tapPid}/io`, 'latin1');

/** Waits until the tap has nothing more to say: hardly anything written for a second. */
async function hasWritten(daemon: RunningDaemon): Promise<void> {
  await daemon.logged((line) => 'tap.pid' in line);
  const written = (): number => Number(/wchar: (\d+)/.exec(ioOf(daemon))![1]);
  // A runtime may write a little to wake its own threads.
  for (let before = 0; before < 1_000_000 || written() - before > 20_000; ) {
    before = written();
    await sleep(1_000);
  }
}
