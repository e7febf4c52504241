import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { execLine, generateEvents } from '../support/eslogger-lines.ts';
import { startExectap } from '../support/exectap.ts';

/** MiB of resident memory. */
function residentMemory(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}

/** Replays so many generated events from a pipe and returns the largest memory that was seen on the way. */
async function peakMemory(events: number): Promise<number> {
  const { child, outcome } = startExectap(['replay', '--json', '-']);
  const stdin = child.stdin!;
  let peak = 0;
  let count = 0;
  for (const line of generateEvents(events, 11)) {
    count += 1;
    if (!stdin.write(`${line}\n`)) await once(stdin, 'drain');
    if (count % 2_000 === 0) peak = Math.max(peak, residentMemory(child.pid!));
  }
  stdin.end(
    `${execLine({ pid: 99_000, args: ['security', 'dump-keychain', '-d'], globalSeqNum: null, seqNum: null })}\n`,
  );
  const { code, stdout, stderr } = await outcome;
  assert.equal(code, 0, stderr);
  assert.ok(stderr.includes(`${events + 1} events: `), stderr);
  assert.equal(stdout.trimEnd().split('\n').length, 1);
  return peak;
}

describe('a capture of 100,000 events', function () {
  this.timeout(180_000);

  it('replays in memory that does not grow with it', async () => {
    const small = await peakMemory(30_000);
    const large = await peakMemory(100_000);
    assert.ok(
      large < small + 60,
      `${small.toFixed(0)} MiB for 30,000 events, ${large.toFixed(0)} MiB for 100,000`,
    );
    assert.ok(large < 200, `${large.toFixed(0)} MiB`);
  });
});
