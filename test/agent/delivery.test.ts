import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { ElasticsearchServer } from '../support/elasticsearch-server.ts';
import { execLine } from '../support/eslogger-lines.ts';
import { exectap, jsonLines, type Outcome } from '../support/exectap.ts';
import { temporaryFolder } from '../support/files.ts';

const KEY = 'aWQ6c2VjcmV0LW9mLXRoZS1jb2xsZWN0b3I=';

/** A capture of so many processes that each dump a keychain. */
function capture(processes: number): string {
  return Array.from({ length: processes }, (_, index) => {
    const pid = 1_000 + index;
    const startTime = `2026-08-12T11:00:00.${String(pid).padStart(6, '0')}Z`;
    return `${execLine({ pid, pidversion: pid, startTime, args: ['security', 'dump-keychain', '-d'] })}\n`;
  }).join('');
}

describe('an alert on its way to the collector', function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  let server: ElasticsearchServer;

  beforeEach(async () => {
    server = await new ElasticsearchServer({ apiKey: KEY }).listen();
  });
  afterEach(() => server.close());

  function run(processes: number): Promise<Outcome> {
    folder.write('c.ndjson', capture(processes));
    chmodSync(folder.write('key', `${KEY}\n`), 0o600);
    const destination = `destination:\n  name: soc\n  type: elasticsearch\n  url: ${server.url}\n  api_key_file: key\n`;
    const config = folder.write('c.yaml', `state: state\nsource: c.ndjson\n${destination}`);
    return exectap(['run', '--config', config]);
  }

  const status = async (): Promise<any> =>
    jsonLines(await exectap(['status', '--json', '--state', folder.path('state')]))[0];

  it('arrives under its id, as it is stored', async () => {
    const outcome = await run(3);
    assert.equal(outcome.code, 0, outcome.stderr);
    const stored = jsonLines(await exectap(['alerts', 'list', '--json', '--state', folder.path('state')]));
    const arrived = server.documents();
    assert.deepEqual(arrived.map(({ id }) => id).sort(), stored.map((alert) => alert.exectap.id).sort());
    const { exectap: local, ...document } = stored[0];
    assert.deepEqual(arrived.find(({ id }) => id === local.id)?.source, document);
    assert.deepEqual((await status()).destinations, [
      {
        ...(await status()).destinations[0],
        name: 'soc',
        pending: 0,
        delivered: 3,
        duplicates: 0,
        refused: 0,
      },
    ]);
  });

  it('waits where the collector is away, and is sent by the next run', async () => {
    await server.close();
    const first = await run(3);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /3 documents wait for the destination; the next run sends what is left/);
    assert.equal((await status()).destinations[0].pending, 3);
    await server.listen();
    const second = await run(3);
    assert.equal(second.code, 0, second.stderr);
    assert.equal(server.documents().length, 3);
  });

  it('is not sent twice by a second run', async () => {
    await run(3);
    const { length } = server.bulkRequests;
    await run(3);
    assert.equal(server.bulkRequests.length, length);
  });

  it('comes with a key that no output shows', async () => {
    server.options.apiKey = 'another';
    const { stderr, stdout } = await run(1);
    assert.match(stderr, /401|security_exception|unauthori[sz]ed/i);
    assert.equal(`${stderr}${stdout}${JSON.stringify(await status())}`.includes(KEY), false);
    assert.equal((await status()).destinations[0].pending, 1);
  });

  it('is kept where the key file can be read by others, and the run says which file', async () => {
    await run(1);
    chmodSync(folder.path('key'), 0o644);
    folder.write('c.ndjson', capture(2));
    const { code, stderr } = await exectap(['run', '--config', folder.path('c.yaml')]);
    assert.equal(code, 0, stderr);
    assert.ok(stderr.includes(`${folder.path('key')} is open to other users (mode 644)`), stderr);
    assert.equal((await status()).destinations[0].pending, 1);
  });
});
