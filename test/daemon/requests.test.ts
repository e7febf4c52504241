import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Installation, install, isAlive, type RunningDaemon, until } from '../support/daemon.ts';

/**
 * Stands in for a worker: writes to the request channel what the test tells it through a file, and says what comes down
 * the stream.
 */
const SPEAKER = `
const fs = require('node:fs');
let told = 0;
setInterval(() => {
  let lines = [];
  try { lines = fs.readFileSync(process.argv[2], 'utf8').split('\\n').filter(Boolean); } catch {}
  for (const line of lines.slice(told)) { told += 1; try { fs.writeSync(3, Buffer.from(line, 'hex')); } catch {} }
}, 10);
let text = '';
process.stdin.on('data', (bytes) => {
  text += bytes;
  const lines = text.split('\\n');
  text = lines.pop();
  for (const line of lines) if (line.startsWith('{"exectap"')) console.log(process.pid + ' ' + line);
});
process.stdin.on('end', () => process.exit(0));
`;

function frame(type: number, number: number, fill: (bytes: Buffer) => void = () => undefined): Buffer {
  const bytes = Buffer.alloc(48);
  bytes.write('EXT1', 'latin1');
  bytes.writeUInt8(type, 4);
  bytes.writeUInt32LE(number, 8);
  fill(bytes);
  return bytes;
}

const killFrame = (number: number, pid: number, startUs: bigint): Buffer =>
  frame(4, number, (bytes) => {
    bytes.writeUInt32LE(pid, 16);
    bytes.writeBigUInt64LE(startUs, 24);
  });

/** When a process started, as the stand-in tap and the pump tell it: from its ticks after the boot. */
function startUs(pid: number): bigint {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const uptime = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
  return BigInt(Math.round((Date.now() - uptime * 1_000 + ticks * 10) * 1_000));
}

interface Answer {
  readonly result: string;
  readonly reason?: string;
}

describe('requests to root', function () {
  this.timeout(60_000);
  let installed: Installation;
  let daemon: RunningDaemon;
  let spoken: string[];
  let victim: ChildProcess;
  let number = 0;

  before(function () {
    installed = install(this);
    installed.write('speaker.cjs', SPEAKER);
  });
  after(() => installed?.remove());

  beforeEach(async () => {
    installed.reset({ triples: 0 });
    spoken = [];
    installed.write('requests', '');
    daemon = installed.start({
      worker: [installed.path('bin/node'), installed.path('speaker.cjs'), installed.path('requests')],
      options: ['--response-file', installed.path('response')],
    });
    victim = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await daemon.logged('worker started');
    await daemon.logged((line) => 'tap.pid' in line);
  });
  afterEach(async () => {
    rmSync(installed.path('response'), { recursive: true, force: true });
    victim.kill('SIGKILL');
    if (daemon.child.exitCode === null) await daemon.kill();
  });

  function say(...bytes: Buffer[]): void {
    for (const each of bytes) spoken.push(each.toString('hex'));
    installed.write('requests', spoken.map((line) => `${line}\n`).join(''));
  }

  function enableResponse(): void {
    writeFileSync(installed.path('response'), '', { mode: 0o600 });
  }

  async function ask(bytes: (number: number) => Buffer): Promise<Answer> {
    number += 1;
    const asked = number;
    say(bytes(asked));
    return answerTo(asked);
  }

  function answerTo(asked: number): Promise<Answer> {
    return until(
      () => {
        const lines = daemon.stdout
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line.slice(line.indexOf('{'))).exectap.answer);
        return lines.find((answer) => answer?.request === asked) as Answer | undefined;
      },
      () => `no answer to ${asked}: ${daemon.stdout}`,
    );
  }

  it('kill the process of this pid and start, once response is enabled', async () => {
    enableResponse();
    const start = startUs(victim.pid!);
    const ended = once(victim, 'exit');
    assert.equal((await ask((id) => killFrame(id, victim.pid!, start))).result, 'done');
    const [, signal] = await ended;
    assert.equal(signal, 'SIGKILL');
  });

  it('kill nothing unless a file of root’s enables it', async () => {
    const start = startUs(victim.pid!);
    const cases: [how: string, prepare: () => void][] = [
      ['there is none', () => undefined],
      ['it is the worker’s own', () => chownSync(enabled(), installed.user.uid, 0)],
      ['others can write it', () => chmodSync(enabled(), 0o622)],
      [
        'it is a link to a file of the worker’s',
        () => symlinkSync(installed.path('state'), installed.path('response')),
      ],
    ];
    const enabled = (): string => {
      enableResponse();
      return installed.path('response');
    };
    for (const [how, prepare] of cases) {
      rmSync(installed.path('response'), { force: true });
      prepare();
      const answer = await ask((id) => killFrame(id, victim.pid!, start));
      assert.equal(answer.result, 'refused', how);
      assert.match(answer.reason!, /response is not enabled/);
    }
    assert.ok(isAlive(victim.pid!));
  });

  it('kill no other process that has the pid by now', async () => {
    enableResponse();
    const start = startUs(victim.pid!);
    const other = await ask((id) => killFrame(id, victim.pid!, start - 5_000_000n));
    assert.equal(other.result, 'gone');
    assert.ok(isAlive(victim.pid!));
  });

  it('never kill launchd, the pump, the worker or the tap', async () => {
    enableResponse();
    for (const pid of [0, 1, daemon.pid, daemon.workerPid, daemon.tapPid]) {
      const start = pid === 0 ? 0n : startUs(pid);
      assert.equal((await ask((id) => killFrame(id, pid, start))).result, 'refused', String(pid));
    }
    assert.equal((await ask((id) => killFrame(id, 0xffff_ffff, 0n))).result, 'refused');
  });

  it('say so where a process is named by an audit token and the system has none', async () => {
    enableResponse();
    const answer = await ask((id) => frame(3, id, (bytes) => bytes.writeUInt32LE(victim.pid!, 16 + 20)));
    assert.equal(answer.result, 'unsupported');
    assert.ok(isAlive(victim.pid!));
  });

  it('restart the tap at once, with its end and its start told', async () => {
    const before = daemon.tapPid;
    assert.equal((await ask((id) => frame(1, id))).result, 'done');
    await daemon.logged((line) => 'tap.pid' in line && line['tap.pid'] !== String(before));
    assert.ok(!isAlive(before));
    await until(() => (/"stop":.*\n.*"start":.*"resumed":false/.test(daemon.stdout) ? true : undefined));
  });

  it('are refused beyond their rate, and counted', async () => {
    for (let round = 0; round < 2; round += 1) assert.equal((await ask((id) => frame(1, id))).result, 'done');
    const third = await ask((id) => frame(1, id));
    assert.deepEqual([third.result, third.reason], ['refused', 'asked too often']);
    await daemon.kill();
    assert.equal(daemon.lines.at(-1)!['requests.refused'], '1');
  });

  const garbage: [what: string, bytes: Buffer][] = [
    ['text', Buffer.from('kill -9 1\n'.repeat(5))],
    ['a request of an unknown type', frame(9, 1)],
    [
      'a request with something in a byte that means nothing',
      frame(2, 1, (bytes) => bytes.writeUInt8(1, 40)),
    ],
    ['a request behind a byte too many', Buffer.concat([Buffer.from([0]), frame(2, 1)])],
    [
      'a million random bytes',
      Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => (index * 7919) % 251)),
    ],
  ];
  for (const [what, bytes] of garbage) {
    it(`close the channel for good where they are ${what}; another worker takes over`, async () => {
      const first = daemon.workerPid;
      say(bytes);
      await daemon.logged('the worker sent what is no request: its channel is closed and it is ended');
      await daemon.logged('worker ended');
      assert.ok(!isAlive(first));
      installed.write('requests', '');
      await daemon.logged('worker started', 2);
      assert.notEqual(daemon.workerPid, first);
      await daemon.kill();
      assert.equal(daemon.lines.at(-1)!['requests.refused'], '1');
    });
  }

  it('of a worker that floods do not keep the pump from pumping', async () => {
    say(...Array.from({ length: 2_000 }, () => frame(2, 0)));
    await sleep(300);
    assert.equal((await ask((id) => frame(1, id))).result, 'done');
    await daemon.kill();
    assert.ok(Number(daemon.lines.at(-1)!['requests.refused']) > 1_900);
  });
});
