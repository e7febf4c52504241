/** Store, forwarder and a collector together: real files, sockets and processes. Nothing lost, nothing doubled. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { createElasticsearch, Forwarder } from '../../src/forward/index.ts';
import { type AlertStore, openStore } from '../../src/store/index.ts';
import { sampleAlert, sampleAlerts } from '../store/samples.ts';
import type { ElasticsearchServer, RequestFault } from '../support/elasticsearch-server.ts';
import { hastyClock } from './doubles.ts';
import { KeptLog, secretFile, until, withDirectory, withServer } from './helpers.ts';

const KEY = 'c2VjcmV0LWlkOnNlY3JldC1rZXk=';

function forwarderOf(
  store: AlertStore,
  server: ElasticsearchServer,
  log = new KeptLog(),
  apiKeyFile?: string,
): Forwarder {
  const destination = createElasticsearch({
    name: 'soc',
    type: 'elasticsearch',
    url: server.url,
    namespace: 'default',
    ...(apiKeyFile === undefined ? {} : { apiKeyFile }),
  });
  return new Forwarder(store, destination, { log, clock: hastyClock });
}

async function pendingOf(store: AlertStore): Promise<number> {
  return (await store.counts()).destinations[0]!.pending;
}

function idsAt(server: ElasticsearchServer): string[] {
  return server
    .documents()
    .map(({ id }) => id)
    .sort();
}

function idsOf(count: number): string[] {
  return sampleAlerts(count)
    .map(({ id }) => id)
    .sort();
}

describe('delivery to a collector', function () {
  this.timeout(60_000);

  it('sends the documents as they were stored', () =>
    withServer({}, (server) =>
      withDirectory(async (directory) => {
        const store = await openStore(directory);
        await store.append(sampleAlerts(3));
        const forwarder = forwarderOf(store, server);
        assert.equal(await forwarder.drain(Date.now() + 10_000), 0);
        assert.deepEqual(
          server.documents().map(({ source }) => source),
          sampleAlerts(3).map(({ document }) => JSON.parse(document) as Record<string, unknown>),
        );
        await forwarder.stop();
        await store.close();
      }),
    ));

  it('survives an outage with everything delivered once', () =>
    withServer({}, (server) =>
      withDirectory(async (directory) => {
        const store = await openStore(directory);
        const log = new KeptLog();
        const forwarder = forwarderOf(store, server, log);
        await forwarder.start();
        await store.append(sampleAlerts(10));
        forwarder.notify();
        await until(() => server.documents().length === 10);
        await server.close();
        await store.append(sampleAlerts(40));
        forwarder.notify();
        await until(() => forwarder.state().failures >= 3);
        assert.equal(forwarder.state().condition, 'retrying');
        await server.listen();
        await until(async () => (await pendingOf(store)) === 0);
        assert.deepEqual(idsAt(server), idsOf(40));
        const [counts] = (await store.counts()).destinations;
        assert.deepEqual([counts!.delivered, counts!.duplicates], [40, 0]);
        assert.match(counts!.lastError!, /ECONNREFUSED|closed|ECONNRESET/);
        await forwarder.stop();
        await store.close();
      }),
    ));

  it('survives a restart in an outage, an answer that got lost and a store that was reopened', () =>
    withServer({}, (server) =>
      withDirectory(async (directory) => {
        let store = await openStore(directory);
        await store.append(sampleAlerts(20));
        server.fault({ kind: 'reset', stored: true });
        let forwarder = forwarderOf(store, server);
        assert.equal(await forwarder.drain(Date.now() + 10_000), 20);
        assert.equal(server.documents().length, 20, 'the collector has them, but we do not know');
        await forwarder.stop();
        await store.close();
        await server.close();

        store = await openStore(directory);
        await store.append(sampleAlerts(30));
        forwarder = forwarderOf(store, server);
        await forwarder.start();
        await until(() => forwarder.state().failures >= 1);
        await forwarder.stop();
        await store.close();
        await server.listen();

        store = await openStore(directory);
        forwarder = forwarderOf(store, server);
        await forwarder.start();
        await until(async () => (await pendingOf(store)) === 0);
        assert.deepEqual(idsAt(server), idsOf(30));
        const [counts] = (await store.counts()).destinations;
        assert.deepEqual([counts!.delivered, counts!.duplicates, counts!.refused], [30, 20, 0]);
        await forwarder.stop();
        await store.close();
      }),
    ));

  it('keeps everything under a key that was revoked, and goes on with a new one', () =>
    withServer({ apiKey: 'bmV3OmtleS10aGF0LXdvcmtz' }, (server) =>
      withDirectory(async (directory) => {
        const store = await openStore(join(directory, 'store'));
        await store.append(sampleAlerts(5));
        const log = new KeptLog();
        const forwarder = forwarderOf(store, server, log, await secretFile(directory, KEY));
        assert.equal(await forwarder.drain(Date.now() + 10_000), 5);
        assert.equal(forwarder.state().condition, 'unauthorized');
        await secretFile(directory, 'bmV3OmtleS10aGF0LXdvcmtz');
        assert.equal(await forwarder.drain(Date.now() + 10_000), 0);
        assert.deepEqual(idsAt(server), idsOf(5));
        await forwarder.stop();
        await store.close();
      }),
    ));

  it('shows the key nowhere: not in the log, the state or the store', () =>
    withServer({}, (server) =>
      withDirectory(async (directory) => {
        const store = await openStore(join(directory, 'store'));
        await store.append(sampleAlerts(5));
        const log = new KeptLog();
        const forwarder = forwarderOf(
          store,
          server,
          log,
          await secretFile(directory, 'secret-id:secret-key\n'),
        );
        const echo = JSON.stringify({ error: { type: 'x', reason: `ApiKey ${KEY} secret-id:secret-key` } });
        server.fault(
          { kind: 'status', status: 401, body: echo },
          { kind: 'status', status: 500, body: echo },
          { kind: 'status', status: 413, body: echo },
          { kind: 'body', body: echo },
        );
        for (let request = 0; request < 4; request += 1) await forwarder.drain(Date.now() + 10_000);
        await forwarder.stop();
        const written = JSON.stringify([log.lines, forwarder.state(), await store.counts()]);
        await store.close();
        assert.match(written, /\[secret\]/);
        assert.ok(!written.includes(KEY) && !written.includes('secret-key'), written);
      }),
    ));

  it('returns from a drain within the deadline when the collector is a black hole', () =>
    withServer({}, (server) =>
      withDirectory(async (directory) => {
        const store = await openStore(directory);
        await store.append(sampleAlerts(9));
        server.fault({ kind: 'hang' });
        const forwarder = forwarderOf(store, server);
        const begun = performance.now();
        assert.equal(await forwarder.drain(Date.now() + 300), 9);
        assert.ok(performance.now() - begun < 1_500);
        await forwarder.stop();
        await store.close();
      }),
    ));

  it('delivers everything exactly once through any run of faults, and refuses only what cannot be taken', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(requestFault, { maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        async (faults, count) => {
          await withServer({}, (server) =>
            withDirectory(async (directory) => {
              const store = await openStore(directory);
              const broken = sampleAlert(5_000, {
                document: '{"@timestamp":"2026-11-24T00:00:00Z","process":{"pid":"x"}}',
              });
              await store.append([...sampleAlerts(count), broken]);
              server.fault(...faults);
              server.streams.itemFaults.set(sampleAlert(0).id, [
                { status: 429, fault: { type: 'es_rejected_execution_exception', reason: 'busy' } },
              ]);
              const forwarder = forwarderOf(store, server);
              await forwarder.start();
              await until(async () => (await pendingOf(store)) === 0);
              await forwarder.stop();
              assert.deepEqual(idsAt(server), idsOf(count));
              const [counts] = (await store.counts()).destinations;
              assert.deepEqual([counts!.delivered, counts!.refused], [count, 1]);
              await store.close();
            }),
          );
        },
      ),
      { numRuns: 15, endOnFailure: true },
    );
  });

  it('loses and doubles nothing when the process is killed again and again', () =>
    withServer({}, (server) =>
      withDirectory(async (directory) => {
        const rounds = 8;
        for (let round = 0; round < rounds; round += 1) {
          const child = spawn(
            process.execPath,
            [
              '--import=tsx',
              join(import.meta.dirname, 'forwarder-process.ts'),
              directory,
              server.url,
              String(round * 10_000),
            ],
            { stdio: ['ignore', 'pipe', 'inherit'] },
          );
          await once(child.stdout, 'data');
          if (round % 3 === 1) await server.close();
          await sleep(Math.random() * 200);
          child.kill('SIGKILL');
          await once(child, 'close');
          if (round % 3 === 1) await server.listen();
        }
        const store = await openStore(directory);
        const forwarder = forwarderOf(store, server);
        assert.equal(await forwarder.drain(Date.now() + 30_000), 0);
        const stored = (await store.list({ limit: 1_000_000 })).map(({ id }) => id).sort();
        assert.ok(stored.length > rounds);
        assert.deepEqual(idsAt(server), stored);
        await forwarder.stop();
        await store.close();
      }),
    ));
});

const requestFault: fc.Arbitrary<RequestFault> = fc.oneof(
  // Without 413, whose meaning is the size of what was sent: alone in a request, a document is refused for it.
  fc.constantFrom(429, 500, 502, 503, 504, 307).map((status): RequestFault => ({ kind: 'status', status })),
  fc.constantFrom('', '{}', '<html>', '{"items":[]}').map((body): RequestFault => ({ kind: 'body', body })),
  fc.boolean().map((stored): RequestFault => ({ kind: 'reset', stored })),
  fc.constant<RequestFault>({ kind: 'reset-in-body' }),
  fc.nat(20).map((ms): RequestFault => ({ kind: 'delay', ms })),
  fc.constant<RequestFault>({ kind: 'items', change: (items) => items.toReversed().slice(1) }),
);
