import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { type Installation, install, type RunningDaemon, until } from '../support/daemon.ts';
import { jsonLines, type Outcome } from '../support/exectap.ts';

const ALERT = 'Dumping of Keychain Content via Security Command';
/** The stand-in's events are of this user. */
const EVENT_UID = 501;
const STRANGER = 45_678;

describe('the command line and a running daemon', function () {
  this.timeout(60_000);
  let installed: Installation;
  let daemon: RunningDaemon;
  let victim: ChildProcess;

  before(async function () {
    installed = install(this);
    victim = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    installed.reset({ rate: 100, matchEvery: 50, announce: [victim.pid!] });
    writeFileSync(installed.path('response'), '', { mode: 0o600 });
    daemon = installed.start({ options: ['--response-file', installed.path('response')] });
    await daemon.logged(ALERT);
  });
  after(async () => {
    victim?.kill('SIGKILL');
    await daemon?.kill();
    installed?.remove();
  });

  const ask = (args: readonly string[], who: { uid?: number; gid?: number } = {}): Promise<Outcome> =>
    installed.exectap([...args, '--socket', installed.socket], who);

  async function firstAlert(): Promise<any> {
    const [alert] = jsonLines(await ask(['alerts', 'list', '--json']));
    return alert;
  }

  it('root sees what the agent knows as of now', async () => {
    const [status] = jsonLines(await ask(['status', '--json']));
    assert.deepEqual(
      [status.agent.activity, status.agent.source, status.agent.pid],
      ['running', 'exectapd', daemon.workerPid],
    );
    assert.ok(status.agent.counters.tap.exec > 0);
    assert.equal((await ask(['health'])).stdout.trim(), 'ok');
  });

  it('root sees arguments, a member of the group none but their own', async () => {
    const { exectap } = await firstAlert();
    const id = exectap.id as string;
    const root = await ask(['alerts', 'show', id]);
    assert.match(root.stdout, /dump-keychain/);
    const admin = await ask(['alerts', 'show', id], { uid: STRANGER });
    assert.equal(admin.code, 0, admin.stderr);
    assert.match(admin.stdout, /arguments: use sudo/);
    for (const page of [
      admin,
      await ask(['alerts', 'show', id, '--json'], { uid: STRANGER }),
      await ask(['alerts', 'list'], { uid: STRANGER }),
    ])
      assert.doesNotMatch(page.stdout, /keychain-\d|-zsh|login\.keychain/);
    const own = await ask(['alerts', 'show', id], { uid: EVENT_UID });
    assert.match(own.stdout, /dump-keychain/);
  });

  it('a member of the group may change nothing', async () => {
    const { exectap } = await firstAlert();
    for (const args of [
      ['alerts', 'ack', exectap.id],
      ['reload'],
      ['flush'],
      ['log-level', 'debug'],
      ['tail'],
      ['respond', 'kill', '1'],
    ]) {
      const outcome = await ask(args, { uid: STRANGER });
      assert.equal(outcome.code, 1, args.join(' '));
      assert.match(outcome.stderr, /is for root/);
    }
  });

  it('anybody else is told to use sudo', async () => {
    const outcome = await ask(['status'], { uid: STRANGER, gid: STRANGER });
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /this user may not ask it[\s\S]*use sudo/);
  });

  it('root acknowledges and closes, and the log says who', async () => {
    const { exectap } = await firstAlert();
    const acknowledged = await ask(['alerts', 'ack', exectap.id, '--comment', 'a secret word']);
    assert.equal(acknowledged.code, 0, acknowledged.stderr);
    const line = await daemon.logged(
      (each) => each.message === 'asked for a change' && each.id === exectap.id,
    );
    assert.deepEqual([line.request, line.status, line.uid], ['alerts.set-status', 'acknowledged', 0]);
    assert.equal(JSON.stringify(daemon.lines).includes('a secret word'), false);
    const [shown] = jsonLines(await ask(['alerts', 'show', exectap.id, '--json']));
    assert.equal(shown.exectap.status, 'acknowledged');
    assert.equal(shown.exectap.changes[0].comment, 'a secret word');
  });

  it('root watches events live, those for which a condition holds', async () => {
    const main = installed.path('program/dist/cli/main.js');
    const where = 'event.action == "exec" and process.args : "dump-keychain"';
    const tail = spawn(installed.path('bin/node'), [
      main,
      'tail',
      '--where',
      where,
      '--socket',
      installed.socket,
    ]);
    let text = '';
    tail.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    await until(() => (text.split('\n').length > 4 ? true : undefined));
    tail.kill('SIGINT');
    const [code] = (await once(tail, 'exit')) as [number | null];
    assert.equal(code, 0);
    const documents = text
      .split('\n')
      .slice(0, 4)
      .map((line) => JSON.parse(line));
    assert.ok(documents.every(({ process }) => process.args.includes('dump-keychain')));
    assert.deepEqual(new Set(documents.map(({ event }) => event.kind)), new Set(['event', 'alert']));
  });

  it('a condition that is none is refused with its place', async () => {
    const outcome = await ask(['tail', '--where', 'process.name = = 1']);
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /\^/);
  });

  it('root reloads, flushes and changes the log level', async () => {
    assert.match((await ask(['reload'])).stderr, /1 rule in use/);
    assert.match((await ask(['flush'])).stderr, /nothing waits/);
    assert.match((await ask(['log-level', 'debug'])).stderr, /logs from debug on/);
    assert.equal((await ask(['log-level', 'loud'])).code, 2);
  });

  it('root ends a process that the agent has seen, by its identity', async () => {
    const ended = once(victim, 'exit');
    const outcome = await ask(['respond', 'kill', String(victim.pid)]);
    assert.match(outcome.stderr, /was killed/);
    const [, signal] = await ended;
    assert.equal(signal, 'SIGKILL');
    assert.match((await ask(['respond', 'kill', '999999'])).stderr, /no living process that was seen/);
  });

  it('does not read the database behind the agent’s back, and takes no change that it would not hear of', async () => {
    const condition = ['exceptions', 'add', '--where', 'process.pid == 1', '--reason', 'x', '--forever'];
    for (const args of [['status'], ['alerts', 'list'], ['health'], condition]) {
      const outcome = await installed.exectap([...args, '--state', installed.path('state')]);
      assert.equal(outcome.code, 1, args.join(' '));
      assert.match(outcome.stderr, /an agent works on the state in .*--socket PATH/s);
    }
  });

  it('root tests whether the agent sees', async () => {
    const outcome = await ask(['selftest']);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(outcome.stdout, /an execution was seen after \d+ ms/);
    const [status] = jsonLines(await ask(['status', '--json']));
    assert.ok(status.agent.counters.selfTest.passed >= 1);
    assert.ok(status.agent.counters.pipeline.own.selfTests >= 1);
  });

  it('never waits longer than two seconds for an agent that is stopped', async () => {
    process.kill(daemon.workerPid, 'SIGSTOP');
    try {
      const started = performance.now();
      const outcome = await ask(['status']);
      const waited = performance.now() - started;
      assert.equal(outcome.code, 1);
      assert.match(outcome.stderr, /has not answered within 2 s/);
      assert.ok(waited < 2_800, `${waited} ms`);
    } finally {
      process.kill(daemon.workerPid, 'SIGCONT');
    }
  });
});

describe('the command line without an agent', function () {
  this.timeout(60_000);
  let installed: Installation;

  before(async function () {
    installed = install(this);
    installed.reset({ rate: 200, triples: 20, matchEvery: 10 });
    const daemon = installed.start();
    await daemon.logged(ALERT, 2);
    await daemon.kill();
  });
  after(() => installed?.remove());

  const state = (): string[] => ['--state', installed.path('state')];

  it('reads and changes the database as its owner, never as root', async () => {
    const [alert] = jsonLines(await installed.exectap(['alerts', 'list', '--json', ...state()]));
    const changed = await installed.exectap(['alerts', 'close', alert.exectap.id, ...state()]);
    assert.equal(changed.code, 0, changed.stderr);
    for (const file of ['exectap.db', 'exectap.db-wal', 'exectap.db-shm'])
      assert.equal(
        statSync(installed.path(`state/${file}`), { throwIfNoEntry: false })?.uid ?? installed.user.uid,
        installed.user.uid,
      );
    const [shown] = jsonLines(
      await installed.exectap(['alerts', 'show', alert.exectap.id, '--json', ...state()]),
    );
    assert.equal(shown.exectap.status, 'closed');
  });

  it('does not become root’s reader of a file that the worker’s user has put there', async () => {
    // The owner of the database has planted a link to a file of root's in place of its log.
    const secret = installed.write('root-secret', 'SQLite format 3\0 root only', 0o600);
    const planted = installed.path('planted');
    const { mkdirSync, chownSync, lchownSync, symlinkSync } = await import('node:fs');
    mkdirSync(planted, { mode: 0o700 });
    chownSync(planted, installed.user.uid, installed.user.gid);
    symlinkSync(secret, installed.path('planted/exectap.db'));
    lchownSync(installed.path('planted/exectap.db'), installed.user.uid, installed.user.gid);
    const outcome = await installed.exectap(['status', '--state', planted]);
    assert.equal(outcome.code, 1);
    assert.doesNotMatch(outcome.stdout + outcome.stderr, /root only/);
  });

  it('says that no agent runs where one is needed', async () => {
    for (const args of [['tail'], ['reload'], ['flush'], ['log-level', 'info'], ['respond', 'kill', '12']]) {
      const outcome = await installed.exectap([...args, ...state()]);
      assert.equal(outcome.code, 1, args.join(' '));
      assert.match(outcome.stderr, /no agent runs here/);
    }
    const health = await installed.exectap(['health', ...state()]);
    assert.equal(health.code, 1);
    assert.match(health.stdout, /^degraded\n {2}no agent runs here/);
  });

  it('does not wait longer than two seconds for a database that another process holds', async () => {
    const sqlite = `
      const sqlite3 = require(process.argv[1]);
      const db = new sqlite3.Database(process.argv[2]);
      db.exec('BEGIN EXCLUSIVE', (error) => { console.log(error ? String(error) : 'locked'); setInterval(() => {}, 1000); });`;
    const { uid, gid } = installed.user;
    const holder = spawn(
      installed.path('bin/node'),
      ['-e', sqlite, installed.path('program/node_modules/sqlite3'), installed.path('state/exectap.db')],
      { uid, gid, cwd: '/', env: {} },
    );
    try {
      const [said] = (await once(holder.stdout, 'data')) as [Buffer];
      assert.equal(said.toString().trim(), 'locked');
      const [alert] = jsonLines(await installed.exectap(['alerts', 'list', '--json', ...state()]));
      const started = performance.now();
      const outcome = await installed.exectap(['alerts', 'ack', alert.exectap.id, ...state()]);
      const waited = performance.now() - started;
      assert.equal(outcome.code, 1);
      assert.ok(waited < 2_800, `${waited} ms: ${outcome.stderr}`);
    } finally {
      holder.kill('SIGKILL');
    }
  });
});
