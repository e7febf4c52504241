import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ElasticsearchServer } from '../support/elasticsearch-server.ts';
import { controlLine, exitLine, timeText } from '../support/eslogger-lines.ts';
import { exectap, jsonLines, type Outcome, startExectap } from '../support/exectap.ts';
import { temporaryFolder } from '../support/files.ts';

const START_NS = 1_786_548_513_000_000_000n;
const STREAM = 'logs-exectap.gaps-default';

const at = (second: number): string => timeText(START_NS + BigInt(second) * 1_000_000_000n);
const iso = (second: number): string => at(second).replace(/\.(\d{3})\d*Z$/, '.$1Z');

/** One event, and how many were lost before it. */
function capture(...events: readonly (readonly [second: number, lost: number])[]): string {
  let number = 100;
  const host = controlLine({ start: { host: { id: 'HOST-A', name: 'mac-a' } } });
  const lines = events.map(([second, lost]) => {
    number += 1 + lost;
    return exitLine({ globalSeqNum: number, seqNum: number, time: at(second) });
  });
  return [host, ...lines].map((line) => `${line}\n`).join('');
}

/** Two bursts of losses, two minutes apart. */
const TWO_GAPS = capture([0, 0], [1, 3], [2, 0], [5, 4], [60, 0], [130, 2], [131, 0], [300, 0]);

describe('gaps of a capture, on their way to the collector', function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  let server: ElasticsearchServer;
  const on = (...args: string[]): Promise<Outcome> => exectap([...args, '--state', folder.path('state')]);

  beforeEach(async () => {
    server = await new ElasticsearchServer().listen();
    folder.write('c.ndjson', TWO_GAPS);
    const destination = `destination:\n  name: soc\n  type: elasticsearch\n  url: ${server.url}\n`;
    folder.write('c.yaml', `state: state\nsource: c.ndjson\n${destination}`);
  });
  afterEach(() => server.close());

  const run = (): Promise<Outcome> => exectap(['run', '--config', folder.path('c.yaml')]);

  it('are shown with their times, causes and losses', async () => {
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    const gaps = jsonLines(await on('gaps', '--json'));
    assert.deepEqual(
      gaps.map(({ cause, start, end, lost, exact }) => [cause, start, end, lost, exact]),
      [
        ['sequence', iso(60), iso(130), 2, true],
        ['sequence', iso(0), iso(5), 7, true],
      ],
    );
    const page = await on('gaps');
    assert.match(page.stdout, /\tsequence\t7\tevents never came\n$/);
    const limited = await on('gaps', '--limit', '1');
    assert.equal(limited.stdout.split('\n').length, 2);
    assert.match(limited.stderr, /only the newest 1 gap: --limit shows more/);
    assert.equal((await on('gaps', '--since', at(131))).stderr, 'no gaps\n');
    assert.equal((await on('gaps', '--open')).stderr, 'no gaps\n');
  });

  it('arrive in a data stream of theirs under their ids, once, however often the capture is read', async () => {
    await run();
    const gaps = jsonLines(await on('gaps', '--json'));
    const arrived = server.documents(STREAM);
    assert.deepEqual(arrived.map(({ id }) => id).sort(), gaps.map(({ id }) => id).sort());
    const first = arrived.find(({ id }) => id === gaps[1].id)!.source as any;
    assert.deepEqual([first.host.id, first.event.duration], ['HOST-A', 5_000_000_000]);
    assert.deepEqual(first.exectap.gap.lost, 7);
    const { length } = server.bulkRequests;
    assert.equal((await run()).code, 0);
    assert.equal(server.bulkRequests.length, length);
    assert.equal(jsonLines(await on('gaps', '--json')).length, 2);
  });

  it('wait while the collector is away', async () => {
    await server.close();
    const { stderr } = await run();
    assert.match(stderr, /2 documents wait for the destination/);
    await server.listen();
    await run();
    assert.equal(server.documents(STREAM).length, 2);
  });

  it('are neither lost nor doubled by kill -9', async () => {
    const piped = ['run', '--config', folder.path('c.yaml'), '--source', '-'];
    const lines = TWO_GAPS.split('\n');
    const killed = startExectap(piped);
    killed.child.stdin!.write(`${lines.slice(0, 5).join('\n')}\n`);
    // Durable with the next sign of life: both losses of the first burst.
    await killed.says('"gap"');
    while (jsonLines(await on('gaps', '--json'))[0]?.lost !== 7) await sleep(50);
    const [status] = jsonLines(await on('status', '--json'));
    assert.deepEqual(
      status.gaps.open.map(({ lost, end }: { lost: number; end: unknown }) => [lost, end]),
      [[7, null]],
    );
    assert.match((await on('status')).stdout, /gaps {5}1 in the last day.*\n {9}blind since .*: sequence/);
    killed.child.kill('SIGKILL');
    await killed.outcome;
    const again = await exectap(piped, { stdin: TWO_GAPS });
    assert.equal(again.code, 0, again.stderr);
    const gaps = jsonLines(await on('gaps', '--json'));
    assert.deepEqual(
      gaps.map(({ start, end, lost, exact }) => [start, end, lost, exact]),
      [
        [iso(60), iso(130), 2, true],
        [iso(0), iso(5), 7, false],
      ],
    );
    assert.match(gaps[1].detail, /the run was cut off while it lasted/);
    assert.deepEqual(
      server
        .documents(STREAM)
        .map(({ id }) => id)
        .sort(),
      gaps.map(({ id }) => id).sort(),
    );
  });

  it('are none where no number is missing', async () => {
    folder.write('c.ndjson', capture([0, 0], [1, 0]));
    await run();
    assert.match((await on('status')).stdout, /\ngaps {5}none in the last day\n/);
    assert.deepEqual(jsonLines(await on('gaps', '--json')), []);
    assert.deepEqual(server.documents(STREAM), []);
  });
});
