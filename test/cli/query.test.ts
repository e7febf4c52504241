import assert from 'node:assert/strict';
import { execLine, exitLine, forkLine } from '../support/eslogger-lines.ts';
import { exectap, jsonLines } from '../support/exectap.ts';
import { temporaryFolder } from '../support/files.ts';

const life = { pid: 700, startTime: '2026-08-12T15:28:33.400000Z' };
const CAPTURE = [
  forkLine({ ...life, pidversion: 9001, time: '2026-08-12T15:28:33.400000001Z', globalSeqNum: 0 }),
  execLine({
    ...life,
    pidversion: 9002,
    time: '2026-08-12T15:28:33.410000001Z',
    globalSeqNum: 1,
    path: '/bin/ls',
    args: ['ls', 'a b'],
  }),
  exitLine({
    ...life,
    pidversion: 9002,
    time: '2026-08-12T15:28:33.500000001Z',
    globalSeqNum: 2,
    path: '/bin/ls',
  }),
]
  .map((line) => `${line}\n`)
  .join('');

const DOCUMENTS = [
  {
    '@timestamp': '2026-01-01T00:00:00Z',
    event: { category: ['file'] },
    file: { path: '/etc/hosts' },
    user: { id: 'a' },
  },
  { '@timestamp': '2026-01-01T00:00:01Z', event: { category: ['network'] }, 'user.id': 'a' },
]
  .map((document) => `${JSON.stringify(document)}\n`)
  .join('');

describe('exectap query', () => {
  const folder = temporaryFolder();

  it('finds events in a capture, an event a line with --json', async () => {
    const outcome = await exectap([
      'query',
      '--json',
      'process where process.args == "a b" and event.action == "exec"',
      folder.write('c', CAPTURE),
    ]);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.deepEqual(
      jsonLines(outcome).map(({ process }) => process.name),
      ['ls'],
    );
    assert.equal(outcome.stderr, '1 match in 3 events\n');
  });

  it('finds sequences, with their keys', async () => {
    const eql =
      'sequence by process.entity_id with maxspan=1s [process where event.action == "fork"] [process where event.action == "end"]';
    const [match, ...more] = jsonLines(await exectap(['query', '--json', eql, folder.write('c', CAPTURE)]));
    assert.deepEqual(more, []);
    assert.deepEqual(match.join_keys, [match.events[0].process.entity_id]);
    assert.deepEqual(
      match.events.map(({ event }: any) => event.action),
      ['fork', 'end'],
    );
  });

  it('reads ECS documents of any category, nested or dotted, from files and from standard input', async () => {
    const eql = 'sequence by user.id [file where true] [network where true]';
    const fromFile = await exectap(['query', '--json', eql, folder.write('d', DOCUMENTS)]);
    const fromPipe = await exectap(['query', '--json', eql, '-'], { stdin: DOCUMENTS });
    assert.equal(jsonLines(fromFile).length, 1, fromFile.stderr);
    assert.equal(fromPipe.stdout, fromFile.stdout);
  });

  it('reads a capture from standard input', async () => {
    const outcome = await exectap(['query', '--json', 'process where true', '-'], { stdin: `\n${CAPTURE}` });
    assert.equal(jsonLines(outcome).length, 3);
  });

  it('prints a table for people', async () => {
    const { stdout } = await exectap([
      'query',
      'process where event.action == "exec"',
      folder.write('c', CAPTURE),
    ]);
    assert.equal(stdout, "1\t2026-08-12T15:28:33.410000001Z\tprocess\texec\tls\t700\tls 'a b'\n");
  });

  it('prints what the pipes of the Python dialect count', async () => {
    const args = [
      '--dialect',
      'python',
      'process where true | count process.name',
      folder.write('c', CAPTURE),
    ];
    const counted = jsonLines(await exectap(['query', '--json', ...args]));
    assert.deepEqual(
      counted.map(({ join_keys, count, percent }) => [join_keys, count, percent]),
      [
        [['true'], 1, 1 / 3],
        [['ls'], 2, 2 / 3],
      ],
    );
    assert.equal((await exectap(['query', ...args])).stdout, '1\t33.3 %\ttrue\n2\t66.7 %\tls\n');
    const all = ['--dialect', 'python', 'process where true | count', folder.path('c')];
    assert.equal(jsonLines(await exectap(['query', '--json', ...all]))[0].count, 3);
  });

  it('shows where a query is wrong, and what was expected', async () => {
    const { code, stderr, stdout } = await exectap([
      'query',
      'process where process.name = "x"',
      folder.write('c', CAPTURE),
    ]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /1:28: Expected "==", found "="/);
    assert.match(stderr, /process where process\.name = "x"\n.* {27}\^/);
  });

  it('warns of a name that no event has, and suggests one', async () => {
    const { code, stderr } = await exectap([
      'query',
      'process where process.nmae == "ls"',
      folder.write('c', CAPTURE),
    ]);
    assert.equal(code, 0);
    assert.equal(
      stderr,
      'no event has the field process.nmae; did you mean process.name?\n0 matches in 3 events\n',
    );
  });

  it('knows the types of the fields that exectap writes', async () => {
    const { code, stderr } = await exectap([
      'query',
      'process where process.pid : "4"',
      folder.write('c', CAPTURE),
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /1:15: .*process\.pid/);
  });

  it('says which line of a file is no document', async () => {
    const { code, stderr } = await exectap([
      'query',
      'any where true',
      folder.write('d', `${DOCUMENTS}{"cut\n`),
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /d:3: not valid JSON/);
    assert.match(
      (await exectap(['query', 'any where true', folder.write('d', `${DOCUMENTS}[1]\n`)])).stderr,
      /d:3: not an ECS document/,
    );
  });
});

describe('exectap rules check', () => {
  const folder = temporaryFolder();
  const rule = (query: string): string =>
    `[rule]\nname = "R"\nrule_id = "r"\ntype = "eql"\nseverity = "low"\nrisk_score = 21\nquery = '''\n${query}\n'''\n`;

  it('says of every rule whether it can run here, and what is missing', async () => {
    folder.write('1.toml', rule('process where process.name == "x"'));
    folder.write('2.toml', rule('process where process.name == "x" and not file.path == "y"'));
    folder.write('3.toml', rule('file where file.path == "y"'));
    const outcome = await exectap(['rules', 'check', folder.path()]);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.deepEqual(
      outcome.stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t')[0]),
      ['runs', 'runs approximately', 'cannot run'],
    );
    assert.match(outcome.stdout, /cannot exclude by file\.path/);
    assert.match(outcome.stdout, /no events of category file; not known here: file\.path/);
    assert.match(outcome.stderr, /^3 rules: 1 run, 1 run approximately, 1 cannot run here$/m);
    const reports = jsonLines(await exectap(['rules', 'check', '--json', folder.path()]));
    assert.deepEqual(
      reports.map(({ verdict }) => verdict),
      ['runs', 'runs approximately', 'cannot run'],
    );
    assert.deepEqual(reports[1].fields, {
      provided: ['process.name'],
      missing: [],
      missing_in_negation: ['file.path'],
    });
  });

  it('fails where a query does not parse, with file, line and column', async () => {
    folder.write('1.toml', rule('process where process.name =! "x"'));
    const { code, stdout } = await exectap(['rules', 'check', folder.path('1.toml')]);
    assert.equal(code, 1);
    assert.match(stdout, /1\.toml:8: column 28: Expected/);
  });
});
