import assert from 'node:assert/strict';
import { execLine } from '../support/eslogger-lines.ts';
import { exectap, jsonLines, type Outcome, startExectap } from '../support/exectap.ts';
import { temporaryFolder } from '../support/files.ts';

const DEMO = 'scripts/demo/keychain-dump.ndjson';
const DUMPS = 'process.name == "security" and process.args : "dump-keychain"';

function dump(pid: number): string {
  const startTime = `2026-08-12T11:00:00.${String(pid).padStart(6, '0')}Z`;
  const args = ['security', 'dump-keychain', '-d'];
  return `${execLine({ pid, pidversion: pid * 10, startTime, path: '/usr/bin/security', args })}\n`;
}

describe('exceptions on the command line', () => {
  const folder = temporaryFolder();
  const on = (...args: string[]): Promise<Outcome> => exectap([...args, '--state', folder.path('state')]);
  const add = (...args: string[]): Promise<Outcome> => on('exceptions', 'add', '--reason', 'a test', ...args);

  async function done(outcome: Promise<Outcome>): Promise<Outcome> {
    const result = await outcome;
    assert.equal(result.code, 0, result.stderr);
    return result;
  }

  /** The state of an agent that has run here once. */
  const prepare = (): Promise<Outcome> => done(on('run', '--source', folder.write('empty.ndjson', '')));
  const total = async (): Promise<number> => jsonLines(await done(on('alerts', 'list', '--json'))).length;

  it('keep the bundled capture from making its alert, and show what they have hit', async () => {
    await prepare();
    const added = await done(add('--where', DUMPS, '--expires', '2126-01-01'));
    const [, id] = /^exception ([0-9a-f]{12}) whatever the rule until 2126-01-01T/.exec(added.stderr) ?? [];
    assert.ok(id, added.stderr);
    const run = await done(on('run', '--source', DEMO));
    assert.match(run.stderr, /0 new alerts\n1 match made no alert: an exception covers them\n/);
    assert.equal(await total(), 0);
    const [listed, ...more] = jsonLines(await done(on('exceptions', 'list', '--json')));
    assert.deepEqual(more, []);
    assert.deepEqual(
      [listed.id, listed.rule_id, listed.where, listed.reason, listed.created_by],
      [id, null, DUMPS, 'a test', process.getuid!()],
    );
    assert.deepEqual([listed.hits, listed.last_hit.slice(0, 10), listed.expired], [1, '2026-11-24', false]);
    const removed = await done(on('exceptions', 'remove', id));
    assert.match(removed.stderr, /is removed; it kept 1 of/);
    await done(on('run', '--source', DEMO));
    assert.equal(await total(), 1);
    assert.equal((await done(on('exceptions', 'list'))).stderr, 'no exceptions\n');
    const [former] = jsonLines(await done(on('exceptions', 'list', '--all', '--json')));
    assert.deepEqual([former.id, former.hits, typeof former.removed], [id, 1, 'string']);
  });

  it('to another rule leave the alert, and those of a state are asked by a replay into it', async () => {
    await prepare();
    await done(add('--where', DUMPS, '--rule', 'another', '--forever'));
    assert.equal(jsonLines(await done(on('replay', DEMO, '--json'))).length, 1);
    const again = folder.path('again');
    await done(exectap(['run', '--source', folder.write('e.ndjson', ''), '--state', again]));
    await done(
      exectap(['exceptions', 'add', '--where', DUMPS, '--reason', 'x', '--forever', '--state', again]),
    );
    const replayed = await done(exectap(['replay', DEMO, '--json', '--state', again]));
    assert.equal(replayed.stdout, '');
    const [listed] = jsonLines(await done(exectap(['exceptions', 'list', '--json', '--state', again])));
    assert.equal(listed.hits, 1);
  });

  it('are one when they are added twice, and renewed with another end', async () => {
    await prepare();
    await done(add('--where', DUMPS, '--expires', '2126-01-01'));
    assert.match(
      (await done(add('--where', ` ${DUMPS}`, '--expires', '2126-01-01'))).stderr,
      /stands already/,
    );
    await done(add('--where', DUMPS, '--forever'));
    const { stdout } = await done(on('exceptions', 'list'));
    assert.deepEqual(stdout.split('\n').length, 2);
    assert.match(stdout, /^[0-9a-f]{12}\t\*\tnever\t0\t-\t\d+\t/);
    assert.equal(jsonLines(await done(on('exceptions', 'list', '--all', '--json'))).length, 2);
  });

  it('show hostile text as text', async () => {
    await prepare();
    await done(add('--where', 'process.name == "a\u001b[2Jb"', '--reason', 'x\u202ey', '--forever'));
    const { stdout } = await done(on('exceptions', 'list'));
    assert.ok(!/[\u001b\u202e]/.test(stdout), stdout);
  });

  for (const [what, args, code, message] of [
    ['has no end and was not asked to', ['--where', DUMPS], 2, /an exception ends\n.*--forever/],
    ['has an end and none', ['--where', DUMPS, '--expires', '1d', '--forever'], 2, /cannot be used with/],
    ['has ended before it begins', ['--where', DUMPS, '--expires', '2020-01-01'], 2, /It has passed/],
    ['ends at no time', ['--where', DUMPS, '--expires', 'soon'], 2, /ISO 8601/],
    ['has no condition', ['--forever'], 2, /--where/],
    [
      'is no EQL',
      ['--where', 'process.name = "x"', '--forever'],
      1,
      /1:28: Expected "==".*\n.*\n.* {28}\^\n/,
    ],
    [
      'asks for an unknown field',
      ['--where', 'process.nmae == "x"', '--forever'],
      1,
      /did you mean process.name/,
    ],
  ] as const) {
    it(`refuse one that ${what}`, async () => {
      await prepare();
      const outcome = await add(...args);
      assert.equal(outcome.code, code, outcome.stderr);
      assert.match(outcome.stderr, message);
      assert.equal((await done(on('exceptions', 'list'))).stderr, 'no exceptions\n');
    });
  }

  it('say so where there is none to remove, and where no agent ever ran', async () => {
    const nowhere = await on('exceptions', 'list');
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /There is no database/);
    await prepare();
    const outcome = await on('exceptions', 'remove', '0123456789ab');
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /No exception with the id '0123456789ab' stands/);
  });

  it('are taken up at once by an agent that runs, and logged with who asked', async () => {
    const agent = startExectap(['run', '--source', '-', '--state', folder.path('state')]);
    await agent.says('tap started');
    agent.child.stdin!.write(dump(700));
    await agent.says('Dumping of Keychain Content');
    const added = await done(add('--where', DUMPS, '--rule', 'no-such-rule', '--forever'));
    assert.match(added.stderr, /the agent runs no rule with the id no-such-rule/);
    const bad = await add('--where', 'process.name = "x"', '--forever');
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, / {28}\^\n/);
    const [, id] = /^exception ([0-9a-f]{12}) /.exec(
      (await done(add('--where', DUMPS, '--forever'))).stderr,
    )!;
    agent.child.stdin!.write(dump(701));
    const hits = async (): Promise<number> =>
      jsonLines(await done(on('exceptions', 'list', '--json'))).find((each) => each.id === id)?.hits;
    while ((await hits()) === 0);
    assert.equal(await hits(), 1);
    await done(on('exceptions', 'remove', id!));
    agent.child.stdin!.end(dump(702));
    const { code, stderr } = await agent.outcome;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /2 new alerts\n1 match made no alert/);
    const changes = stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .filter(({ message }) => message === 'asked for a change');
    assert.deepEqual(
      changes.map(({ request, uid, exception }) => [request, uid, exception]),
      [
        ['exceptions.add', process.getuid!(), undefined],
        ['exceptions.add', process.getuid!(), undefined],
        ['exceptions.add', process.getuid!(), undefined],
        ['exceptions.remove', process.getuid!(), id],
      ],
    );
  }).timeout(30_000);
});
