import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { type Installation, install, until } from '../support/daemon.ts';
import { exectap, jsonLines } from '../support/exectap.ts';

describe('exectap tap', function () {
  this.timeout(60_000);
  let installed: Installation;

  before(function () {
    installed = install(this);
  });
  after(() => installed?.remove());

  const start = (stdout: number | 'pipe') =>
    spawn(
      installed.path('bin/node'),
      [installed.path('program/dist/cli/main.js'), 'tap', '--program', installed.path('bin/eslogger')],
      { stdio: ['ignore', stdout, 'ignore'], cwd: '/', env: {} },
    );

  it('makes a capture that is complete: replay knows its host and finds what the agent would', async () => {
    installed.reset({ rate: 500, triples: 100, matchEvery: 50 });
    const file = installed.path('capture.ndjson');
    const descriptor = openSync(file, 'w');
    const tap = start(descriptor);
    closeSync(descriptor);
    await until(() => (readFileSync(file, 'utf8').split('\n').length > 301 ? true : undefined));
    tap.kill('SIGINT');
    assert.deepEqual(await once(tap, 'exit'), [0, null]);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const [first, last] = [JSON.parse(lines[0]!).exectap.start, JSON.parse(lines.at(-1)!).exectap.stop];
    assert.deepEqual([first.source, last.final, lines.length], ['eslogger', true, 302]);
    const alerts = jsonLines(await exectap(['replay', '--json', file]));
    assert.deepEqual([alerts.length, alerts[0].host.id], [2, first.host.id]);
  });

  it('ends without a fault when nobody reads any more', async () => {
    installed.reset({ rate: 2_000 });
    const tap = start('pipe');
    await once(tap.stdout!, 'data');
    tap.stdout!.destroy();
    assert.deepEqual(await once(tap, 'exit'), [0, null]);
  });

  it('does not stop reading the tap for a reader that is slow, and says what it left out', async () => {
    installed.reset({ rate: 20_000, triples: 3_000 });
    const tap = start('pipe');
    tap.stdout!.pause();
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    let text = '';
    tap.stdout!.setEncoding('utf8').on('data', (part: string) => (text += part));
    tap.stdout!.resume();
    await until(() => (text.includes('"dropped"') ? true : undefined));
    tap.kill('SIGINT');
    await once(tap, 'close');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const dropped = lines.reduce((sum, line) => sum + (line.exectap?.dropped?.n ?? 0), 0);
    assert.equal(lines.filter((line) => line.exectap === undefined).length + dropped, 9_000);
  });
});
