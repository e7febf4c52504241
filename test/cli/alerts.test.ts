import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { controlLine, execLine, forkLine, type ProcessOptions } from '../support/eslogger-lines.ts';
import { exectap, jsonLines, type Outcome, startExectap } from '../support/exectap.ts';
import { temporaryFolder } from '../support/files.ts';

const DUMP = ['security', 'dump-keychain', '-d', 'login.keychain-db'];

function dump(pid: number, time: string, more: ProcessOptions = {}): string {
  return execLine({
    ...more,
    pid,
    pidversion: pid * 10,
    path: '/usr/bin/security',
    signingId: 'com.apple.security',
    platformBinary: true,
    args: DUMP,
    time,
    startTime: time.replace(/\d{3}Z$/, 'Z'),
  });
}

const CAPTURE = [
  execLine({
    pid: 500,
    pidversion: 5_000,
    path: '/bin/zsh',
    args: ['-zsh', '\u001b[2J'],
    startTime: '2026-08-12T10:00:00.000001Z',
  }),
  forkLine({
    pid: 700,
    pidversion: 6_999,
    parentPid: 500,
    parentPidversion: 5_000,
    path: '/bin/zsh',
    actor: { startTime: '2026-08-12T10:00:00.000001Z', path: '/bin/zsh' },
    startTime: '2026-08-12T11:00:00.000001Z',
  }),
  dump(700, '2026-08-12T11:00:00.000001000Z', { parentPid: 500, parentPidversion: 5_000 }),
  dump(701, '2026-11-20T11:00:00.000001000Z'),
]
  .map((line) => `${line}\n`)
  .join('');

describe('the alerts of a host', () => {
  const folder = temporaryFolder();
  const on = (...args: string[]): Promise<Outcome> => exectap([...args, '--state', folder.path('state')]);

  beforeEach(async () => {
    const outcome = await exectap([
      'run',
      '--source',
      folder.write('c.ndjson', CAPTURE),
      '--state',
      folder.path('state'),
    ]);
    assert.equal(outcome.code, 0, outcome.stderr);
  });

  it('lie in files that only their owner can read', () => {
    assert.equal(statSync(folder.path('state')).mode & 0o777, 0o700);
    assert.equal(statSync(folder.path('state/exectap.db')).mode & 0o777, 0o600);
  });

  it('are listed newest first, and by status and age', async () => {
    const pids = async (...args: string[]): Promise<number[]> =>
      jsonLines(await on('alerts', 'list', '--json', ...args)).map((alert) => alert.process.pid);
    assert.deepEqual(await pids(), [701, 700]);
    assert.deepEqual(await pids('--since', '2026-11-01'), [701]);
    assert.deepEqual(await pids('--status', 'closed'), []);
    assert.deepEqual(await pids('--limit', '1'), [701]);
  });

  it('are listed as a table', async () => {
    const { stdout } = await on('alerts', 'list');
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t'));
    assert.deepEqual(
      rows.map((row) => row.slice(1, 4)),
      [
        ['2026-11-20T11:00:00.000Z', 'high', 'open'],
        ['2026-08-12T11:00:00.000Z', 'high', 'open'],
      ],
    );
  });

  it('are shown with everything that a responder needs', async () => {
    const { stdout } = await on('alerts', 'show', '1');
    for (const fact of [
      'Dumping of Keychain Content via Security Command',
      'high · risk 73 · open',
      /^When +2026-08-12T11:00:00\.000001000Z$/m,
      /^User +501$/m,
      /^Arguments +security dump-keychain -d login\.keychain-db$/m,
      /^Signature +com\.apple\.security, no team, trusted/m,
      /zsh \[500\] {2}-zsh '\\x1b\[2J' {2}\/bin\/zsh\n +└─ security \[700\].*◀ alert/,
      /process event with process security, parent process zsh, by user 501 on capture created high alert/,
      /T1555\.001 +Keychain/,
      /## Triage/,
      'https://ss64.com/osx/security.html',
    ]) {
      if (typeof fact === 'string') assert.ok(stdout.includes(fact), `${fact}\n${stdout}`);
      else assert.match(stdout, fact);
    }
    assert.equal(stdout.includes('\u001b'), false, 'an escape sequence of an argument reached the terminal');
  });

  it('are found by number, by id and by the start of it', async () => {
    const [{ exectap: own }] = jsonLines(await on('alerts', 'list', '--json'));
    for (const name of [own.id, own.id.slice(0, 8), String(own.number)]) {
      const [found] = jsonLines(await on('alerts', 'show', '--json', name));
      assert.equal(found.exectap.id, own.id);
    }
    const { code, stderr } = await on('alerts', 'show', 'ffffffffffff');
    assert.equal(code, 1);
    assert.match(stderr, /no alert fits "ffffffffffff"/);
  });

  it('are acknowledged and closed with a comment, and remember both', async () => {
    assert.match((await on('alerts', 'ack', '1')).stderr, /is acknowledged/);
    assert.match((await on('alerts', 'close', '1', '--comment', 'migration, asked Ada')).stderr, /is closed/);
    const [alert] = jsonLines(await on('alerts', 'show', '--json', '1'));
    assert.equal(alert.exectap.status, 'closed');
    assert.deepEqual(
      alert.exectap.changes.map((change: any) => [change.status, change.comment]),
      [
        ['acknowledged', null],
        ['closed', 'migration, asked Ada'],
      ],
    );
    assert.match((await on('alerts', 'show', '1')).stdout, /closed: migration, asked Ada/);
  });

  it('are read and changed beside a running agent', async () => {
    const agent = startExectap(['run', '--source', '-', '--state', folder.path('state')]);
    agent.child.stdin!.write(`${dump(702, '2026-11-21T11:00:00.000001000Z')}\n`);
    for (let tries = 0; jsonLines(await on('alerts', 'list', '--json')).length < 3; tries += 1)
      assert.ok(tries < 50);
    assert.equal((await on('alerts', 'ack', '3')).code, 0);
    const [status] = jsonLines(await on('status', '--json'));
    assert.deepEqual(
      [status.agent.activity, status.agent.source, status.alerts.acknowledged],
      ['running', 'standard input', 1],
    );
    const second = await on('run', '--source', '-');
    assert.equal(second.code, 1);
    assert.match(second.stderr, /another exectap works on the state in .*\n +End it first/);
    agent.child.stdin!.end();
    assert.equal((await agent.outcome).code, 0);
  });

  it('are summed up by status', async () => {
    const { stdout } = await on('status');
    assert.match(stdout, /^agent +not running; the last run, source .*c\.ndjson, ended \d+ s ago$/m);
    assert.match(stdout, /^ +4 events: 3 exec, 1 fork, 0 exit$/m);
    assert.match(stdout, /^alerts +2: 2 open, 0 acknowledged, 0 closed$/m);
    assert.match(stdout, /^sent to +nowhere/m);
    const [status] = jsonLines(await on('status', '--json'));
    assert.equal(status.agent.counters.tap.exec, 3);
    assert.deepEqual(status.alerts, { total: 2, open: 2, acknowledged: 0, closed: 0 });
  });
});

describe('a state', () => {
  const folder = temporaryFolder();

  it('has one agent, though two start at the same moment', async () => {
    const agents = [1, 2, 3].map(() =>
      startExectap(['run', '--source', '-', '--state', folder.path('state')]),
    );
    const codes: (number | null)[] = [];
    for (const { outcome } of agents) void outcome.then(({ code }) => codes.push(code));
    while (codes.length < 2) await sleep(20);
    await sleep(300);
    assert.deepEqual(codes, [1, 1]);
    const replay = await exectap(['replay', '--state', folder.path('state'), '-'], { stdin: CAPTURE });
    assert.deepEqual([replay.code, /another exectap works on the state/.test(replay.stderr)], [1, true]);
    for (const { child, outcome } of agents) {
      child.stdin!.end();
      await outcome;
    }
  });

  it('has an agent again after one that was killed', async () => {
    const args = ['run', '--source', '-', '--state', folder.path('state')];
    const agent = startExectap(args);
    await agent.says('tap started');
    agent.child.kill('SIGKILL');
    await agent.outcome;
    assert.equal((await exectap(args)).code, 0);
  });
});

describe('an alert from a hostile capture', () => {
  const folder = temporaryFolder();

  it('reaches the terminal without acting on it, whatever text it is in', async () => {
    const evil = (name: string): string => `${name}\u001b[31m\u0007\u202e\u009b`;
    const start = {
      host: { id: 'host', name: evil('n'), architecture: evil('a') },
      os: { version: evil('v'), build: evil('b'), kernel: evil('k') },
    };
    const parent = {
      pid: 500,
      pidversion: 5_000,
      path: evil('/bin/zsh'),
      startTime: '2026-08-12T10:00:00.000001Z',
    };
    const tool = {
      signingId: evil('s'),
      teamId: evil('t'),
      cdhash: evil('c'),
      path: evil('/x'),
      cwd: evil('/d'),
      script: evil('/y'),
      tty: evil('/dev/t'),
    };
    const child = {
      pid: 700,
      parentPid: 500,
      parentPidversion: 5_000,
      responsiblePid: 500,
      responsiblePidversion: 5_000,
    };
    const lines = [
      controlLine({ start }),
      execLine({ ...parent, args: [evil('-zsh')] }),
      execLine({ ...child, ...tool, args: ['security', 'dump-keychain', '-d', evil('k')] }),
    ];
    const file = folder.write(evil('c').replace('/', ''), lines.map((line) => `${line}\n`).join(''));
    const state = folder.path('state');
    await exectap(['run', '--source', file, '--state', state]);
    await exectap(['alerts', 'ack', '1', '--comment', evil('said'), '--state', state]);
    for (const args of [['alerts', 'show', '1'], ['alerts', 'list'], ['status'], ['replay', file]]) {
      const { stdout, stderr } = await exectap(args[0] === 'replay' ? args : [...args, '--state', state]);
      assert.notEqual(stdout, '');
      assert.doesNotMatch(stdout + stderr, /[\u001b\u0007\u202e\u009b]/, args.join(' '));
    }
  });
});

describe('a state that is not there', () => {
  const folder = temporaryFolder();
  for (const args of [['alerts', 'list'], ['alerts', 'show', '1'], ['alerts', 'ack', '1'], ['status']]) {
    it(`is an error to ${args.join(' ')}, and is not made by it`, async () => {
      const { code, stderr } = await exectap([...args, '--state', folder.path('none')]);
      assert.equal(code, 1);
      assert.match(stderr, /none/);
      assert.equal(existsSync(folder.path('none')), false);
    });
  }
});
