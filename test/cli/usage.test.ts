import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { execLine, exitLine, forkLine } from '../support/eslogger-lines.ts';
import { exectap, jsonLines, startExectap } from '../support/exectap.ts';
import { temporaryFolder } from '../support/files.ts';

describe('exit codes', () => {
  const folder = temporaryFolder();
  const wrong: [args: string[], message: RegExp][] = [
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['alerts', 'frobnicate'], /unknown command 'frobnicate'/],
    [['run', '--frobnicate'], /unknown option '--frobnicate'/],
    [['replay'], /missing required argument 'file'/],
    [['convert'], /missing required argument 'file'/],
    [['alerts', 'show'], /missing required argument 'id'/],
    [['alerts', 'list', '--status', 'odd'], /Allowed choices are open, acknowledged, closed/],
    [['alerts', 'list', '--since', 'odd'], /ISO 8601/],
    [['status', '--state', ''], /It is empty/],
    [['run', '--source', ''], /It is empty/],
    [['run', '--config', ''], /It is empty/],
    [['alerts'], /Usage: exectap alerts/],
    [[], /Usage: exectap/],
  ];
  for (const [args, message] of wrong) {
    it(`are 2 for the wrong usage of: exectap ${args.join(' ')}`, async () => {
      const { code, stderr, stdout } = await exectap(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, message);
    });
  }

  const failing: [what: string, args: () => string[], message: RegExp][] = [
    [
      'a source that is not there',
      () => ['run', '--source', folder.path('none'), '--state', folder.path('s')],
      /none: no such file/,
    ],
    [
      'a folder for a capture',
      () => ['run', '--source', folder.path(), '--state', folder.path('s')],
      /director/i,
    ],
    ['a configuration that is not there', () => ['run', '--config', folder.path('none.yaml')], /none\.yaml/],
    [
      'a bad configuration',
      () => ['run', '--config', folder.write('c.yaml', 'sorce: x\n')],
      /c\.yaml:1: unknown key "sorce"/,
    ],
    [
      'a state that is no folder',
      () => ['run', '--source', '-', '--state', folder.write('file', '')],
      /file/,
    ],
    [
      'a state that cannot be made',
      () => [
        'run',
        '--source',
        '-',
        '--state',
        process.platform === 'linux' ? '/proc/none/state' : '/dev/none/state',
      ],
      /none cannot be made/,
    ],
    [
      'a database that is none',
      () => ['status', '--state', dirname(folder.write('exectap.db', 'no database, far too short'))],
      /exectap\.db/,
    ],
  ];
  for (const [what, args, message] of failing) {
    it(`are 1 for ${what}, without a stack trace`, async () => {
      const { code, stderr } = await exectap(args());
      assert.equal(code, 1, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n\s+at /);
    });
  }

  it('are 0 for help and the version', async () => {
    for (const args of [['--help'], ['run', '--help'], ['alerts', 'list', '--help'], ['--version']]) {
      const { code, stdout } = await exectap(args);
      assert.equal(code, 0);
      assert.notEqual(stdout, '');
    }
  });

  it('come with the place of the fault where --debug asks for it', async () => {
    const { stderr } = await exectap(['--debug', 'run', '--source', folder.path('none')]);
    assert.match(stderr, /\n\s+at /);
  });
});

describe('exectap run', () => {
  const folder = temporaryFolder();
  const dump = execLine({ args: ['security', 'dump-keychain', '-d'] });

  it('reads eslogger’s lines from standard input and ends with them', async () => {
    const outcome = await exectap(['run', '--source', '-', '--state', folder.path('state')], {
      stdin: `${dump}\n`,
    });
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(outcome.stderr, /^1 new alert$/m);
  });

  it('takes state and source from the configuration', async () => {
    folder.write('c.ndjson', `${dump}\n`);
    const config = folder.write('c.yaml', 'state: here\nsource: c.ndjson\nnamespace: lab\n');
    assert.equal((await exectap(['run', '--config', config])).code, 0);
    const [alert] = jsonLines(await exectap(['alerts', 'list', '--json', '--state', folder.path('here')]));
    assert.equal(alert.data_stream.namespace, 'lab');
  });

  it('lies in $XDG_STATE_HOME unless told otherwise', async () => {
    const env = { XDG_STATE_HOME: folder.path('xdg') };
    await exectap(['run', '--source', '-'], { env, stdin: `${dump}\n` });
    assert.equal(jsonLines(await exectap(['alerts', 'list', '--json'], { env })).length, 1);
  });

  it('logs ECS lines to standard error, and no arguments of processes', async () => {
    const secret = execLine({ args: ['security', 'dump-keychain', '-d', '-p', 'hunter2'] });
    const { stderr } = await exectap(
      ['run', '--source', '-', '--state', folder.path('s'), '--log-level', 'debug'],
      { stdin: `${secret}\n` },
    );
    const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
    assert.ok(lines.length > 0);
    for (const line of lines) assert.ok('ecs.version' in JSON.parse(line), line);
    assert.equal(stderr.includes('hunter2'), false);
  });

  it('ends in order on SIGTERM, though its input goes on', async () => {
    const agent = startExectap(['run', '--source', '-', '--state', folder.path('s')]);
    agent.child.stdin!.write(`${dump}\n`);
    await agent.says('Dumping of Keychain');
    agent.child.kill('SIGTERM');
    const { code } = await agent.outcome;
    assert.equal(code, 0);
    const [status] = jsonLines(await exectap(['status', '--json', '--state', folder.path('s')]));
    assert.deepEqual([status.agent.activity, status.alerts.total], ['ended', 1]);
  });
});

describe('rules of one’s own', () => {
  const folder = temporaryFolder();
  const life = { pid: 700, startTime: '2026-08-12T15:28:33.400000Z' };
  const fork = forkLine({ ...life, pidversion: 9001, time: '2026-08-12T15:28:33.400000001Z' });
  const exit = exitLine({ ...life, pidversion: 9001, time: '2026-08-12T15:28:33.500000001Z' });

  beforeEach(() => {
    const query =
      'sequence by process.entity_id with maxspan=1m [process where event.action == "fork"] [process where event.action == "end"]';
    folder.write(
      'rule.toml',
      `[rule]\nname = "Came and went"\nrule_id = "r"\ntype = "eql"\nseverity = "low"\nrisk_score = 21\nquery = '''\n${query}\n'''\n`,
    );
  });

  it('run over captures, sequences too', async () => {
    const file = folder.write('c.ndjson', `${fork}\n${exit}\n`);
    const outcome = await exectap(['replay', '--json', '--rules', folder.path('rule.toml'), file]);
    const [alert, ...more] = jsonLines(outcome);
    assert.deepEqual(more, [], outcome.stderr);
    assert.equal(alert.rule.name, 'Came and went');
    assert.deepEqual(
      alert.Events.map(({ _state, event }: any) => [_state, event.action]),
      [
        [0, 'fork'],
        [1, 'end'],
      ],
    );
  });

  it('keep open sequences from one run of the agent to the next', async () => {
    folder.write('config.yaml', 'state: state\nrules: [rule.toml]\n');
    const run = (line: string) =>
      exectap(['run', '--config', folder.path('config.yaml'), '--source', '-'], { stdin: `${line}\n` });
    assert.match((await run(fork)).stderr, /^0 new alerts$/m);
    assert.match((await run(exit)).stderr, /^1 new alert$/m);
  });

  it('say what was cut from sequences', async () => {
    const back = forkLine({ ...life, pid: 800, pidversion: 9001, time: '2026-08-12T10:00:00.000000001Z' });
    const file = folder.write('c.ndjson', `${fork}\n${back}\n`);
    const { stderr } = await exectap(['replay', '--rules', folder.path('rule.toml'), file]);
    assert.match(stderr, /^1 event of sequences came late$/m);
    assert.match(stderr, /^1 open sequence closed: the clock was set back$/m);
  });

  it('that cannot be used are told of and do not keep the others from running', async () => {
    folder.write('broken.toml', 'x');
    const file = folder.write('c.ndjson', `${fork}\n${exit}\n`);
    const { code, stdout, stderr } = await exectap(['replay', '--rules', folder.path(), file]);
    assert.deepEqual([code, stdout.includes('Came and went')], [0, true]);
    assert.match(stderr, /rules that cannot be used/);
  });

  it('are an error where the path is not there', async () => {
    const { code, stderr } = await exectap(['replay', '--rules', folder.path('none'), folder.write('c', '')]);
    assert.equal(code, 1);
    assert.match(stderr, /none: cannot be read: ENOENT/);
  });
});

describe('exectap start', () => {
  const folder = temporaryFolder();

  it('shows an alert from the bundled capture where it cannot tap, and commands that work', async function () {
    if (process.platform === 'darwin' && process.getuid?.() === 0) this.skip();
    const env = { XDG_STATE_HOME: folder.path('xdg') };
    const { code, stdout } = await exectap(['start'], { env });
    assert.equal(code, 0);
    assert.match(stdout, /^Not tapping: /);
    assert.match(stdout, /Dumping of Keychain Content via Security Command/);
    assert.match(
      stdout,
      /Terminal \[612\].*\n.*└─ login \[4702\].*\n.*└─ zsh \[4703\].*\n.*└─ security \[4720\]/,
    );
    assert.ok(stdout.includes(folder.path('xdg/exectap/exectap.db')));
    const commands = [...stdout.matchAll(/^ {2}(?:node \S+main\.js|exectap) (.*?) *#/gm)].map((match) =>
      match[1]!.split(' '),
    );
    assert.ok(commands.length >= 5);
    for (const args of commands) assert.equal((await exectap(args, { env })).code, 0, args.join(' '));
  });

  it('shows the same alert again the second time, and stores no second one', async () => {
    const env = { XDG_STATE_HOME: folder.path('xdg') };
    await exectap(['start'], { env });
    assert.match(
      (await exectap(['start'], { env })).stdout,
      /0 new alerts \(1 more match had an alert already\)[\s\S]*◀ alert/,
    );
  });
});
