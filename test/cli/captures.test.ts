import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { execLine, exitLine, forkLine, otherLine } from '../support/eslogger-lines.ts';
import { exectap, jsonLines, MAIN } from '../support/exectap.ts';
import { temporaryFolder } from '../support/files.ts';

const DUMP = { path: '/usr/bin/security', args: ['security', 'dump-keychain', '-d'] };
const REAL_LINES = new URL('../../../shared/data/eslogger/', import.meta.url);

function capture(): string {
  const lines = [
    forkLine({ pid: 700, pidversion: 7000, globalSeqNum: 0, seqNum: 0 }),
    execLine({ pid: 700, pidversion: 7001, globalSeqNum: 1, seqNum: 0, ...DUMP }),
    otherLine(43, 'lookup', { globalSeqNum: 2, seqNum: 0 }),
    exitLine({ pid: 700, pidversion: 7001, globalSeqNum: 5, seqNum: 0, path: DUMP.path }),
    '{"half a line',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

describe('exectap replay', () => {
  const folder = temporaryFolder();

  it('prints one ECS alert document a line with --json, and nothing else on standard output', async () => {
    const outcome = await exectap(['replay', '--json', folder.write('c.ndjson', capture())]);
    assert.equal(outcome.code, 0);
    const [alert, ...more] = jsonLines(outcome);
    assert.deepEqual(more, []);
    assert.deepEqual([alert.event.kind, alert.rule.id], ['alert', '565d6ca5-75ba-4c82-9b13-add25353471c']);
    assert.deepEqual(alert.process.args, DUMP.args);
  });

  it('ends with a summary on standard error: events by type, gaps, alerts, rate', async () => {
    const file = folder.write('c.ndjson', capture());
    const { stderr } = await exectap(['replay', file]);
    assert.match(stderr, /^3 events: 1 exec, 1 fork, 1 exit; \d+ events\/s$/m);
    assert.match(stderr, /^1 line of other event types: 1 of type 43$/m);
    assert.match(stderr, /^1 gap: 2 events never came, 0 were dropped here/m);
    assert.match(stderr, /^1 line could not be decoded$/m);
    assert.match(stderr, /^1 new alert$/m);
    assert.ok(stderr.includes(`${file}:5: `), stderr);
  });

  it('prints a table that programs can cut', async () => {
    const { stdout } = await exectap(['replay', folder.write('c.ndjson', capture())]);
    const cells = stdout.trimEnd().split('\t');
    assert.deepEqual(cells.slice(2), [
      'high',
      'open',
      'capture',
      '501',
      'Dumping of Keychain Content via Security Command',
      'security dump-keychain -d',
    ]);
  });

  it('reads several captures, and standard input for a dash', async () => {
    const one = folder.write('1.ndjson', `${execLine({ pid: 1, ...DUMP })}\n`);
    const outcome = await exectap(['replay', '--json', one, '-'], {
      stdin: `${execLine({ pid: 2, ...DUMP })}\n`,
    });
    assert.deepEqual(
      jsonLines(outcome).map((alert) => alert.process.pid),
      [1, 2],
    );
    assert.match(outcome.stderr, /^2 events: /m);
  });

  const alerts = (count: number): string =>
    Array.from(
      { length: count },
      (_, index) => `${execLine({ pid: 1_000 + index, pidversion: index, ...DUMP })}\n`,
    ).join('');

  const ends: [what: string, script: string, code: number, said: RegExp][] = [
    ['it is done', 'node "$0" replay "$1" > /dev/null', 0, /events/],
    [
      'its reader has seen enough',
      'set -o pipefail; node "$0" replay --json "$1" | head -1 > /dev/null',
      0,
      /^$/,
    ],
    [
      'its output cannot be written',
      'node "$0" replay --json "$1" > /dev/full',
      1,
      /standard output cannot be written: .*ENOSPC/,
    ],
    [
      'it is interrupted',
      'node "$0" replay "$2" & sleep 0.7; kill -INT $!; wait $!',
      1,
      /stopped before the end of/,
    ],
  ];
  for (const [what, script, code, said] of ends) {
    it(`leaves no state behind when ${what}`, function () {
      if (script.includes('/dev/full') && !existsSync('/dev/full')) {
        process.stdout.write('      (there is no /dev/full here)\n');
        this.skip();
      }
      const pipe = folder.path('pipe');
      execFileSync('mkfifo', [pipe]);
      const env = { ...process.env, TMPDIR: folder.path(), XDG_STATE_HOME: folder.path('xdg') };
      // The script comes from this file. Both ends of the pipe are open, so that its reader waits.
      const result = spawnSync(
        '/bin/bash',
        ['-c', `exec 9<>"$2"; ${script}`, MAIN, folder.write('c.ndjson', alerts(2_000)), pipe],
        { env, encoding: 'utf8' },
      );
      assert.equal(result.status, code, result.stderr);
      assert.match(result.stderr, said);
      assert.deepEqual(readdirSync(folder.path()).sort(), ['c.ndjson', 'pipe']);
    });
  }

  it('keeps the state where --state names one, and shows only what this replay added', async () => {
    const state = folder.path('kept');
    const file = folder.write('c.ndjson', capture());
    assert.match((await exectap(['replay', '--state', state, file])).stdout, /dump-keychain/);
    assert.equal((await exectap(['replay', '--state', state, file])).stdout, '');
    assert.equal(jsonLines(await exectap(['alerts', 'list', '--json', '--state', state])).length, 1);
  });

  it('says which file is not there', async () => {
    const { code, stderr, stdout } = await exectap(['replay', folder.path('none')]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /none: no such file/);
  });

  it('gives the same documents on every machine and every time', async () => {
    const file = folder.write('c.ndjson', capture());
    const documents = await Promise.all(
      [1, 2].map(async () => jsonLines(await exectap(['replay', '--json', file]))),
    );
    for (const [alert] of documents) delete alert.event.created;
    assert.deepEqual(documents[0], documents[1]);
  });
});

describe('exectap convert', () => {
  const folder = temporaryFolder();

  it('prints one ECS event document a line, in order', async () => {
    const outcome = await exectap(['convert', folder.write('c.ndjson', capture())]);
    assert.equal(outcome.code, 0);
    assert.deepEqual(
      jsonLines(outcome).map(({ event }) => event.action),
      ['fork', 'exec', 'end'],
    );
    assert.match(outcome.stderr, /1 line of other event types left out/);
  });

  it('ends quietly when its reader has seen enough', async () => {
    const file = folder.write(
      'c.ndjson',
      Array.from({ length: 2_000 }, () => `${execLine(DUMP)}\n`).join(''),
    );
    const result = spawnSync(
      '/bin/bash',
      ['-c', 'set -o pipefail; "$0" "$1" convert "$2" | head -1; echo $?', process.execPath, MAIN, file],
      { encoding: 'utf8' },
    );
    const [document, status] = result.stdout.trimEnd().split('\n');
    assert.equal(JSON.parse(document!).event.action, 'exec');
    assert.deepEqual([status, result.stderr], ['0', '']);
  });

  it('converts the lines of real Macs: five documents, three lines of other types', async function () {
    if (!existsSync(REAL_LINES)) {
      process.stdout.write('      (the captures of real Macs are not beside this checkout)\n');
      this.skip();
    }
    const files = readdirSync(REAL_LINES)
      .filter((name) => name.endsWith('.ndjson'))
      .sort();
    const outcome = await exectap(['convert', ...files], { cwd: REAL_LINES.pathname });
    assert.equal(outcome.code, 0);
    assert.deepEqual(
      jsonLines(outcome).map((document) => [
        document.event.action,
        document.process.name,
        document.process.pid,
      ]),
      [
        ['fork', 'Mullvad VPN', 21497],
        ['exec', 'localizationswitcherd', 11085],
        ['exec', 'date', 14522],
        ['exec', 'connection-checker', 97391],
        ['end', 'ipconfig', 11221],
      ],
    );
    const { stderr } = await exectap(['replay', ...files], { cwd: REAL_LINES.pathname });
    assert.match(stderr, /^3 lines of other event types: /m);
  });
});
