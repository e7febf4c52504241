import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ControlClient } from '../../src/control/index.ts';
import { type Installation, install, isAlive, type RunningDaemon, until } from '../support/daemon.ts';

/** Of which kind a worker is stands in a file; what it does, below. */
const HOSTILE = `
const fs = require('node:fs');
const { spawn } = require('node:child_process');
const frame = (type) => { const bytes = Buffer.alloc(48); bytes.write('EXT1', 'latin1'); bytes.writeUInt8(type, 4); return bytes; };
const kind = fs.readFileSync(process.argv[2], 'utf8');
const beat = () => setInterval(() => fs.writeSync(3, frame(2)), 1000);
if (kind === 'asks and dies') {
  // Never reads; every answer waits in the pump.
  for (let index = 0; index < 1200; index += 1) fs.writeSync(3, frame(1));
  setTimeout(() => process.exit(1), 200);
} else if (kind === 'leaves children') {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: [0, 'ignore', 'ignore', 3, 4] });
  child.unref();
  console.log('left ' + child.pid);
  setTimeout(() => process.exit(1), 200);
} else if (kind === 'shuts the socket down') {
  // Closing is all that Node.js can do to a descriptor that it has not opened.
  fs.closeSync(4);
  setTimeout(() => process.exit(1), 100);
} else if (kind === 'floods') {
  for (let index = 0; index < 20000; index += 1) { try { fs.writeSync(3, frame(1)); } catch { break; } }
  beat();
} else if (kind === 'spoils the log') {
  for (const fd of [1, 2]) { try { fs.ftruncateSync(fd, 0); console.log('truncated'); } catch (error) { console.log(fd + ' ' + error.code); } }
  console.log('done');
  beat();
} else beat();
`;

describe('a worker that was taken over', function () {
  this.timeout(60_000);
  let installed: Installation;
  let daemon: RunningDaemon;

  before(function () {
    installed = install(this);
    installed.write('hostile.cjs', HOSTILE);
  });
  after(() => installed?.remove());
  afterEach(async () => {
    if (daemon.child.exitCode === null && daemon.child.signalCode === null) await daemon.kill('SIGKILL');
  });

  function start(kind: string, behaviour = {}): void {
    installed.reset({ triples: 0, ...behaviour });
    installed.write('kind', kind);
    daemon = installed.start({
      worker: [installed.path('bin/node'), installed.path('hostile.cjs'), installed.path('kind')],
    });
  }

  const become = (kind: string): string => installed.write('kind', kind);

  it('cannot fill the pump by answers that nobody reads, however often it dies', async () => {
    start('asks and dies', { rate: 5_000, triples: undefined, argumentBytes: 3_000 });
    await daemon.logged('worker ended', 3);
    assert.equal(await daemon.kill(), 0);
  });

  it('leaves nothing running that could read its successor’s events or answer in its place', async () => {
    start('leaves children');
    const left = Number(await daemon.said('left '));
    become('');
    await daemon.logged('worker started', 2);
    assert.ok(!isAlive(left), `${left} is alive`);
    assert.ok(isAlive(daemon.tapPid));
  });

  it('cannot take the control socket from its successor', async () => {
    start('shuts the socket down');
    await daemon.logged('worker ended');
    become('');
    await daemon.logged('worker started', 2);
    const client = await until(async () => (await ControlClient.connect(installed.socket)) ?? undefined);
    client.close();
  });

  it('cannot fill root’s log, and is replaced where it goes on asking', async () => {
    start('floods');
    await daemon.logged('the worker floods its channel: it is closed and the worker is ended');
    become('');
    await daemon.logged('worker started', 2);
    assert.ok(daemon.count('the worker asked') < 50, `${daemon.count('the worker asked')} lines`);
    await daemon.kill();
    assert.ok(Number(daemon.lines.at(-1)!['requests.refused']) > 10_000);
  });

  it('cannot truncate root’s log: it does not have it', async () => {
    start('spoils the log');
    await daemon.said('done');
    assert.equal(await daemon.said('1 '), 'EINVAL');
    assert.equal(await daemon.said('2 '), 'EINVAL');
  });

  it('is told of where it takes nothing though lines are dropped', async () => {
    start('', { rate: 20_000, triples: 2_000, argumentBytes: 3_000 });
    const line = await daemon.logged('lines were dropped: the worker does not take them');
    assert.ok(Number(line['lines.dropped']) > 0);
  });

  it('costs the pump no descriptors, however often it is replaced', async () => {
    start('leaves children');
    await daemon.logged('worker started', 2);
    const open = (): number => readdirSync(`/proc/${daemon.pid}/fd`).length;
    await sleep(100);
    const before = open();
    await daemon.logged('worker started', 4);
    await sleep(100);
    assert.equal(open(), before);
    assert.ok(statSync(installed.socket).isSocket());
    assert.match(readFileSync(`/proc/${daemon.pid}/status`, 'latin1'), /State:\s+S/);
  });
});
