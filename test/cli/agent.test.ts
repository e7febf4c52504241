import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import sqlite3 from 'sqlite3';
import { execLine } from '../support/eslogger-lines.ts';
import { exectap, jsonLines, type Outcome, type RunningExectap, startExectap } from '../support/exectap.ts';
import { temporaryFolder } from '../support/files.ts';

/** Two seconds of patience, and the time that a program takes to start on a busy machine. */
const AT_MOST_MS = 2_900;
const NEED_AN_AGENT = [
  ['tail'],
  ['reload'],
  ['flush'],
  ['log-level', 'info'],
  ['respond', 'kill', '12'],
] as const;

let pids = 700;

function dump(path = '/usr/bin/security'): string {
  pids += 1;
  const args = ['security', 'dump-keychain', '-d', `keychain-${pids}`];
  const signature = { signingId: 'com.apple.security', platformBinary: true };
  return `${execLine({ pid: pids, pidversion: pids * 10, path, ...signature, args })}\n`;
}

describe('the command line beside exectap run', function () {
  this.timeout(30_000);
  const folder = temporaryFolder();
  let agent: RunningExectap;
  const on = (...args: string[]): Promise<Outcome> => exectap([...args, '--state', folder.path('state')]);

  beforeEach(async () => {
    agent = startExectap(['run', '--source', '-', '--state', folder.path('state')]);
    await agent.says('tap started');
  });
  afterEach(async () => {
    agent.child.stdin!.end();
    await agent.outcome;
  });

  async function alertIs(number: number): Promise<void> {
    while (jsonLines(await on('alerts', 'list', '--json')).length < number) await sleep(50);
  }

  it('reaches it by a socket that is for its user alone', async () => {
    assert.equal(statSync(folder.path('state/control.sock')).mode & 0o777, 0o600);
    const [status] = jsonLines(await on('status', '--json'));
    assert.deepEqual([status.agent.activity, status.agent.pid], ['running', agent.child.pid]);
    assert.deepEqual(status.agent.control.requests, { status: 1 });
    assert.equal((await on('health')).stdout, 'ok\n');
  });

  it('sees, shows and changes alerts, and the agent logs who changed what', async () => {
    agent.child.stdin!.write(dump() + dump());
    await alertIs(2);
    const [newest] = jsonLines(await on('alerts', 'list', '--limit', '1', '--json'));
    assert.equal(jsonLines(await on('alerts', 'list', '--limit', '9999999', '--json')).length, 2);
    assert.match((await on('alerts', 'show', newest.exectap.id)).stdout, /dump-keychain/);
    const acknowledged = await on('alerts', 'ack', newest.exectap.id, '--comment', 'a secret word');
    assert.equal(acknowledged.code, 0, acknowledged.stderr);
    const [open] = jsonLines(await on('alerts', 'list', '--status', 'open', '--json'));
    assert.notEqual(open.exectap.id, newest.exectap.id);
    await agent.says('asked for a change');
    agent.child.stdin!.end();
    const { stderr } = await agent.outcome;
    assert.match(stderr, new RegExp(`"id":"${newest.exectap.id}".*"alerts.set-status".*"acknowledged"`));
    assert.doesNotMatch(stderr, /a secret word/);
  });

  it('lists more alerts than are read at once', async () => {
    agent.child.stdin!.write(Array.from({ length: 250 }, () => dump()).join(''));
    const ids = async (limit: number): Promise<Set<string>> => {
      const listed = jsonLines(await on('alerts', 'list', '--json', '--limit', String(limit)));
      return new Set(listed.map((alert) => alert.exectap.id));
    };
    while ((await ids(1_000)).size < 250) await sleep(50);
    for (const limit of [99, 100, 101, 200, 249, 250]) assert.equal((await ids(limit)).size, limit);
  });

  it('watches events as they come, and ends in order at Ctrl-C', async () => {
    const tail = startExectap([
      'tail',
      '--where',
      'process.args : "dump-keychain"',
      '--state',
      folder.path('state'),
    ]);
    let text = '';
    tail.child.stdout!.on('data', (part: string) => (text += part));
    // Nothing is shown before it watches, so it is asked until it does.
    while (!text.includes('"kind":"alert"')) {
      agent.child.stdin!.write(execLine({ pid: 9, pidversion: 90, path: '/bin/ls', args: ['ls'] }));
      agent.child.stdin!.write(`\n${dump()}`);
      await sleep(100);
    }
    tail.child.kill('SIGINT');
    const outcome = await tail.outcome;
    assert.equal(outcome.code, 0, outcome.stderr);
    const documents = jsonLines(outcome);
    assert.ok(documents.every(({ process }) => process.args.includes('dump-keychain')));
  });

  it('tells one who watches slowly exactly how much it has missed', async () => {
    const socket = connect({ path: folder.path('state/control.sock') });
    const items: any[] = [];
    let rest = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      const lines = (rest + part).split('\n');
      rest = lines.pop()!;
      items.push(...lines.map((line) => JSON.parse(line).item));
    });
    socket.write('{"v":1,"id":1,"request":"tail"}\n');
    while (items.length === 0) await once(socket, 'data');
    socket.pause();
    const events = 6_000;
    const line = `${execLine({ pid: 9, pidversion: 90, path: '/bin/ls', args: ['ls', 'x'.repeat(200)] })}\n`;
    agent.child.stdin!.write(line.repeat(events));
    while (jsonLines(await on('status', '--json'))[0].agent.counters.tap.exec < events) await sleep(50);
    socket.resume();
    const seen = (): number => items.filter((item) => 'event' in item).length;
    const missed = (): number => items.reduce((sum, item) => sum + (item.dropped ?? 0), 0);
    while (seen() + missed() < events) await once(socket, 'data');
    assert.equal(seen() + missed(), events);
    assert.ok(missed() > 0 && seen() > 0, `${seen()} seen, ${missed()} missed`);
    socket.destroy();
  });

  it('has no condition taken for one that is none', async () => {
    const outcome = await on('tail', '--where', 'process.name = = 1');
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /\^/);
  });

  it('reloads, flushes and changes the log level', async () => {
    assert.match((await on('reload')).stderr, /^1 rule in use/);
    assert.match((await on('flush')).stderr, /^nothing waits/);
    assert.match((await on('log-level', 'error')).stderr, /^the agent logs from error on/);
  });

  it('is refused what only root’s process could do', async () => {
    const outcome = await on('respond', 'kill', '12');
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /only the daemon can do this/);
  });

  it('reads the database of one that was killed, and changes it', async () => {
    agent.child.stdin!.write(dump());
    await alertIs(1);
    agent.child.kill('SIGKILL');
    await agent.outcome;
    assert.ok(statSync(folder.path('state/control.sock')).isSocket());
    assert.match((await on('status')).stdout, /^agent +not running; the last run, .* was cut off/m);
    assert.equal((await on('alerts', 'ack', '1')).code, 0);
    const [alert] = jsonLines(await on('alerts', 'show', '1', '--json'));
    assert.equal(alert.exectap.status, 'acknowledged');
    const health = await on('health');
    assert.deepEqual([health.code, health.stdout.split('\n')[1]], [1, '  no agent runs here']);
    for (const args of NEED_AN_AGENT) {
      const { code, stderr } = await on(...args);
      assert.equal(code, 1);
      assert.match(stderr, /no agent runs here/, args[0]);
    }
  });
});

describe('the command line and an agent that is silent', function () {
  this.timeout(40_000);
  const folder = temporaryFolder();

  it('waits two seconds, says so and fails, whatever is asked', async () => {
    mkdirSync(folder.path('state'), { mode: 0o700 });
    const silent = createServer().listen(folder.path('state/control.sock'));
    await once(silent, 'listening');
    const verbs = [['status'], ['alerts', 'ack', '1'], ['exceptions', 'list'], ['tail'], ['reload']];
    try {
      for (const args of verbs) {
        const started = performance.now();
        const { code, stderr } = await exectap([...args, '--state', folder.path('state')]);
        const waited = performance.now() - started;
        assert.equal(code, 1, args.join(' '));
        assert.match(stderr, /has not answered within 2 s/);
        assert.ok(waited < AT_MOST_MS, `${args.join(' ')}: ${waited} ms`);
      }
    } finally {
      silent.close();
    }
  });
});

describe('the command line and a database without an agent', function () {
  this.timeout(30_000);
  const folder = temporaryFolder();
  const on = (...args: string[]): Promise<Outcome> => exectap([...args, '--state', folder.path('state')]);

  beforeEach(async () => {
    const run = ['run', '--source', '-', '--state', folder.path('state')];
    const { code, stderr } = await exectap(run, { stdin: dump() });
    assert.equal(code, 0, stderr);
  });

  async function withDatabase(script: string, act: () => Promise<void>): Promise<void> {
    const database = new sqlite3.Database(folder.path('state/exectap.db'));
    try {
      await new Promise<void>((resolve, reject) => {
        database.exec(script, (error) => (error ? reject(error) : resolve()));
      });
      await act();
    } finally {
      await new Promise((resolve) => database.close(resolve));
    }
  }

  const locks: [what: string, script: string, args: string[]][] = [
    ['is being written', 'BEGIN EXCLUSIVE', ['alerts', 'ack', '1']],
    [
      'is held as a whole',
      'PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE meta SET value = value; COMMIT',
      ['status'],
    ],
    [
      'is held as a whole',
      'PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE meta SET value = value; COMMIT',
      ['alerts', 'close', '1'],
    ],
  ];
  for (const [what, script, args] of locks) {
    it(`does not wait longer than two seconds to ${args.join(' ')} where it ${what}`, () =>
      withDatabase(script, async () => {
        const started = performance.now();
        const { code, stderr } = await on(...args);
        const waited = performance.now() - started;
        assert.equal(code, 1, stderr);
        assert.ok(waited < AT_MOST_MS, `${waited} ms: ${stderr}`);
      }));
  }

  // rtreedepth() is no danger by itself; that a schema may call it at all is what matters.
  const planted: [what: string, script: string, args: string[]][] = [
    [
      'a trigger',
      `CREATE TRIGGER planted AFTER INSERT ON status_changes BEGIN SELECT rtreedepth(x'00000000'); END`,
      ['alerts', 'ack', '1'],
    ],
    [
      'a view in a table’s place',
      `ALTER TABLE alerts RENAME TO hidden;
       CREATE VIEW alerts AS SELECT * FROM hidden WHERE rtreedepth(x'00000000') IS NOT NULL`,
      ['alerts', 'list'],
    ],
  ];
  for (const [what, script, args] of planted) {
    it(`runs no function of the system's that ${what} calls`, async () => {
      await withDatabase(script, async () => undefined);
      const { code, stdout, stderr } = await on(...args);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /unsafe use of rtreedepth/);
    });
  }

  it('is used where the state’s path leaves no room for a socket', async () => {
    const state = folder.path('x'.repeat(110));
    const agent = startExectap(['run', '--source', '-', '--state', state]);
    agent.child.stdin!.write(dump());
    await agent.says('the command line cannot ask this agent');
    await agent.says('Dumping of Keychain');
    const listed = await exectap(['alerts', 'list', '--json', '--state', state]);
    assert.equal(jsonLines(listed).length, 1);
    agent.child.stdin!.end();
    await agent.outcome;
  });
});
