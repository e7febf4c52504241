/**
 * Keeps the stand-in honest: Elastic's own client has to understand it, and the client and our destination have to
 * come to the same result on the same documents.
 */
import assert from 'node:assert/strict';
import { Client, errors } from '@elastic/elasticsearch';
import type { DocumentOutcome } from '../../src/forward/destination.ts';
import { createElasticsearch } from '../../src/forward/index.ts';
import type { ElasticsearchServer, ServerOptions } from '../support/elasticsearch-server.ts';
import { withServer } from './helpers.ts';

const INDEX = 'logs-exectap.alerts-default';

interface Sample {
  id: string;
  document: Record<string, unknown>;
}

/** One document of every fate: stored, duplicate, unparsable field, no timestamp, overload, outage, failure store. */
const SAMPLES: Sample[] = [
  { id: 'new', document: { '@timestamp': '2026-11-24T00:00:00Z', process: { pid: 1 } } },
  { id: 'twice', document: { '@timestamp': '2026-11-24T00:00:00Z' } },
  { id: 'twice', document: { '@timestamp': '2026-11-24T00:00:00Z' } },
  { id: 'mapping', document: { '@timestamp': '2026-11-24T00:00:00Z', process: { pid: 'x' } } },
  { id: 'timeless', document: { message: 'no time' } },
  { id: 'busy', document: { '@timestamp': '2026-11-24T00:00:00Z' } },
  { id: 'broken', document: { '@timestamp': '2026-11-24T00:00:00Z' } },
  { id: 'aside', document: { '@timestamp': '2026-11-24T00:00:00Z' } },
];

function clientOf(server: ElasticsearchServer, apiKey?: string): Client {
  return new Client({
    node: server.url,
    maxRetries: 0,
    ...(apiKey === undefined ? {} : { auth: { apiKey } }),
  });
}

function prepare(server: ElasticsearchServer): void {
  const busy = { type: 'es_rejected_execution_exception', reason: 'rejected execution of primary operation' };
  server.streams.itemFaults.set('busy', [{ status: 429, fault: busy }]);
  const shard = { type: 'unavailable_shards_exception', reason: 'primary shard is not active' };
  server.streams.itemFaults.set('broken', [{ status: 503, fault: shard }]);
  server.streams.failureStoreIds.add('aside');
}

describe('the stand-in for Elasticsearch', () => {
  it('is taken for an Elasticsearch by the official client', () =>
    withServer({ apiKey: 'a2V5' }, async (server) => {
      const info = await clientOf(server, 'a2V5').info();
      assert.match(info.version.number, /^8\.19\./);
      assert.equal(info.tagline, 'You Know, for Search');
      await assert.rejects(clientOf(server, 'b3RoZXI=').info(), (failure) => {
        assert.ok(failure instanceof errors.ResponseError);
        assert.equal(failure.statusCode, 401);
        assert.match(failure.message, /security_exception/);
        return true;
      });
    }));

  it('is refused by it when it plays OpenSearch', () =>
    withServer({ flavour: 'opensearch' }, async (server) => {
      await assert.rejects(clientOf(server).info(), errors.ProductNotSupportedError);
    }));

  it('answers client.bulk item by item as our destination reads it', async () => {
    const statuses: (number | undefined)[] = [];
    await withServer({}, async (server) => {
      prepare(server);
      const operations = SAMPLES.flatMap(({ id, document }) => [
        { create: { _index: INDEX, _id: id } },
        document,
      ]);
      const answer = await clientOf(server).bulk({ operations, require_data_stream: true });
      assert.equal(answer.errors, true);
      assert.deepEqual(
        answer.items.map(({ create }) => create?._id),
        SAMPLES.map(({ id }) => id),
      );
      statuses.push(...answer.items.map(({ create }) => create?.status));
      assert.equal(answer.items[3]!.create!.error!.type, 'document_parsing_exception');
      assert.equal(answer.items[2]!.create!.error!.type, 'version_conflict_engine_exception');
      assert.equal(answer.items[7]!.create!.failure_store, 'used');
    });
    assert.deepEqual(statuses, [201, 201, 409, 400, 400, 429, 503, 201]);
    await withServer({}, async (server) => {
      prepare(server);
      const batch = SAMPLES.map(({ id, document }) => ({ id, document: JSON.stringify(document) }));
      const destination = createElasticsearch({
        name: 'd',
        type: 'elasticsearch',
        url: server.url,
        namespace: 'default',
      });
      const result = await destination.send(batch, new AbortController().signal);
      await destination.close();
      assert.ok(result.kind === 'answered');
      const expected: Record<number, DocumentOutcome['kind']> = {
        201: 'delivered',
        409: 'delivered',
        400: 'refused',
        429: 'retry',
        503: 'retry',
      };
      assert.deepEqual(
        result.outcomes.map(({ kind }) => kind),
        statuses.map((status) => expected[status!]),
      );
    });
  });

  it('honours filter_path for the official client', () =>
    withServer({}, async (server) => {
      const operations = SAMPLES.slice(0, 2).flatMap(({ id, document }) => [
        { create: { _index: INDEX, _id: id } },
        document,
      ]);
      const answer = await clientOf(server).bulk({
        operations,
        filter_path: ['errors', 'items.*._id', 'items.*.st*'],
      });
      assert.deepEqual(answer, {
        errors: false,
        items: [{ create: { _id: 'new', status: 201 } }, { create: { _id: 'twice', status: 201 } }],
      });
    }));

  it('stores through helpers.bulk what client.bulk stores, and drops duplicates there', () =>
    withServer({}, async (server) => {
      const dropped: unknown[] = [];
      const result = await clientOf(server).helpers.bulk({
        datasource: SAMPLES.slice(0, 4),
        retries: 0,
        onDocument: ({ id, document }) => [{ create: { _index: INDEX, _id: id } }, document],
        onDrop: ({ operation, status }) => dropped.push([operation, status]),
      });
      assert.deepEqual([result.total, result.successful, result.failed], [4, 2, 2]);
      assert.deepEqual(dropped, [
        [{ create: { _index: INDEX, _id: 'twice' } }, 409],
        [{ create: { _index: INDEX, _id: 'mapping' } }, 400],
      ]);
      assert.deepEqual(
        server.documents().map(({ id }) => id),
        ['new', 'twice'],
      );
    }));

  it('takes only create for a data stream and only data streams where that is required', () =>
    withServer({}, async (server) => {
      const [sample] = SAMPLES;
      const wrongOp = await clientOf(server).bulk({
        operations: [{ index: { _index: INDEX } }, sample!.document],
      });
      assert.equal(wrongOp.items[0]!.index!.status, 400);
      const noStream = await clientOf(server).bulk({
        operations: [{ create: { _index: 'plain', _id: '1' } }, sample!.document],
        require_data_stream: true,
      });
      assert.deepEqual(
        [noStream.items[0]!.create!.status, noStream.items[0]!.create!.error!.type],
        [404, 'index_not_found_exception'],
      );
    }));

  const refusedRequests: [string, ServerOptions, RequestInit & { query?: string }, number][] = [
    ['no newline at the end', {}, { body: '{"create":{"_index":"a","_id":"1"}}\n{}' }, 400],
    ['an action line that is none', {}, { body: '{"nothing":{}}\n{}\n' }, 400],
    ['a content type it does not know', {}, { body: '{}\n', headers: { 'content-type': 'text/plain' } }, 406],
    [
      'a broken gzip',
      {},
      { body: 'x', headers: { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' } },
      400,
    ],
    ['a parameter it does not know', {}, { body: '{}\n', query: 'nonsense=1' }, 400],
    [
      'require_data_stream as OpenSearch',
      { flavour: 'opensearch' },
      { body: '{}\n', query: 'require_data_stream=true' },
      400,
    ],
    ['a body over the limit', { maxBytes: 10 }, { body: '{"create":{"_index":"a","_id":"1"}}\n{}\n' }, 413],
  ];
  for (const [name, options, { query, ...init }, status] of refusedRequests) {
    it(`refuses ${name}`, () =>
      withServer(options, async (server) => {
        const answer = await fetch(`${server.url}/_bulk?${query ?? ''}`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-ndjson' },
          ...init,
        });
        assert.equal(answer.status, status);
        assert.equal(server.documents().length, 0);
      }));
  }
});
