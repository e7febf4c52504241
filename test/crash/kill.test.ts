import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { execLine, generateEvents } from '../support/eslogger-lines.ts';
import { exectap, jsonLines, startExectap } from '../support/exectap.ts';
import { temporaryFolder } from '../support/files.ts';

const EVENTS = 24_000;
/** Every so many events a process dumps a keychain. */
const EVERY = 40;
const MATCHING = EVENTS / EVERY;

/** A capture in which many processes match, each once, at the end of the pid range that the generator does not use. */
async function writeCapture(path: string): Promise<void> {
  const out = createWriteStream(path);
  let count = 0;
  for (const line of generateEvents(EVENTS, 7)) {
    out.write(`${line}\n`);
    count += 1;
    if (count % EVERY !== 0) continue;
    const pid = 90_000 + count / EVERY;
    const args = ['security', 'dump-keychain', '-d', `keychain-${pid}`];
    out.write(`${execLine({ pid, pidversion: 50_000_000 + pid, args, seqNum: null, globalSeqNum: null })}\n`);
  }
  out.end();
  await finished(out);
}

describe('kill -9 in the middle of a run', function () {
  this.timeout(120_000);
  const folder = temporaryFolder();

  it('and a second run leave exactly one alert for each matching process', async () => {
    await writeCapture(folder.path('c.ndjson'));
    let cutOff = 0;
    for (let round = 0; round < 6; round += 1) {
      const state = folder.path(`state-${round}`);
      const args = ['run', '--source', folder.path('c.ndjson'), '--state', state];
      const first = startExectap(args);
      await first.says('Dumping of Keychain');
      await new Promise((resolve) => setTimeout(resolve, round * 12));
      first.child.kill('SIGKILL');
      const { signal } = await first.outcome;
      if (signal === 'SIGKILL') cutOff += 1;
      const [status] = jsonLines(await exectap(['status', '--json', '--state', state]));
      assert.ok(status.alerts.total > 0, 'an alert that was told of is not there');
      const second = await exectap(args);
      assert.equal(second.code, 0, second.stderr);
      const alerts = jsonLines(
        await exectap(['alerts', 'list', '--json', '--limit', '100000', '--state', state]),
      );
      const keychains = new Set(alerts.map((alert) => alert.process.args[3]));
      assert.deepEqual([alerts.length, keychains.size], [MATCHING, MATCHING]);
    }
    assert.ok(cutOff >= 3, `only ${cutOff} of 6 runs were cut off in the middle`);
  });
});
