import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { bulkBody } from '../../src/forward/bulk.ts';
import type {
  Destination,
  DocumentOutcome,
  OutgoingDocument,
  SendResult,
} from '../../src/forward/destination.ts';
import {
  createElasticsearch,
  DestinationConfigError,
  type ElasticsearchOptions,
} from '../../src/forward/index.ts';
import type { ElasticsearchServer, RequestFault } from '../support/elasticsearch-server.ts';
import { secretFile, withDirectory, withServer } from './helpers.ts';

const KEY = 'c2VjcmV0LWlkOnNlY3JldC1rZXk=';

function outgoing(id: string, extra: object = {}): OutgoingDocument {
  return { id, document: JSON.stringify({ '@timestamp': '2026-11-24T00:00:00Z', message: id, ...extra }) };
}

const BATCH = [outgoing('a'), outgoing('b'), outgoing('c')];

async function sendOnce(
  server: Pick<ElasticsearchServer, 'url'>,
  batch: OutgoingDocument[] = BATCH,
  options: Partial<ElasticsearchOptions> = {},
): Promise<SendResult> {
  const destination = destinationOf(server, options);
  try {
    return await destination.send(batch, new AbortController().signal);
  } finally {
    await destination.close();
  }
}

function destinationOf(
  server: Pick<ElasticsearchServer, 'url'>,
  options: Partial<ElasticsearchOptions> = {},
): Destination {
  return createElasticsearch({
    name: 'soc',
    type: 'elasticsearch',
    url: server.url,
    namespace: 'default',
    ...options,
  });
}

function errorOf(result: SendResult): string {
  assert.ok('error' in result, JSON.stringify(result));
  return result.error;
}

const STORED: DocumentOutcome = { kind: 'delivered', duplicate: false, failureStore: false };

describe('a bulk request', () => {
  it('is what Elasticsearch expects of a shipper', () =>
    withServer({ apiKey: KEY }, (server) =>
      withDirectory(async (directory) => {
        const apiKeyFile = await secretFile(directory, `${KEY}\n`);
        const result = await sendOnce(server, BATCH, { apiKeyFile, namespace: 'prod_eu' });
        assert.deepEqual(result, { kind: 'answered', outcomes: [STORED, STORED, STORED] });
        const [request] = server.requests;
        assert.equal(request!.method, 'POST');
        assert.equal(
          request!.path,
          '/_bulk?require_data_stream=true&filter_path=errors,took,items.*._id,items.*.status,items.*.error.type,items.*.error.reason,items.*.failure_store',
        );
        assert.equal(request!.headers['content-type'], 'application/x-ndjson');
        assert.equal(request!.headers['content-encoding'], 'gzip');
        assert.equal(request!.headers.authorization, `ApiKey ${KEY}`);
        const documents = server.documents('logs-exectap.alerts-prod_eu');
        assert.deepEqual(
          documents,
          BATCH.map(({ id, document }) => ({ id, source: JSON.parse(document) as Record<string, unknown> })),
        );
      }),
    ));

  it('goes to the data stream that a document names, and to that of alerts where it names none', () =>
    withServer({}, async (server) => {
      const gaps = { type: 'logs', dataset: 'exectap.gaps', namespace: 'other' };
      const batch = [
        outgoing('a'),
        outgoing('b', { data_stream: gaps }),
        outgoing('c', { data_stream: { ...gaps, namespace: 'not, a part' } }),
        outgoing('d', { data_stream: { dataset: 'exectap.gaps' } }),
      ];
      assert.deepEqual(await sendOnce(server, batch), {
        kind: 'answered',
        outcomes: [STORED, STORED, STORED, STORED],
      });
      assert.equal(server.bulkRequests.length, 1);
      const idsIn = (stream: string): string[] => server.documents(stream).map(({ id }) => id);
      assert.deepEqual(idsIn('logs-exectap.gaps-other'), ['b']);
      assert.deepEqual(idsIn('logs-exectap.alerts-default'), ['a', 'c', 'd']);
    }));

  it('leaves out what OpenSearch does not know', () =>
    withServer({ flavour: 'opensearch' }, async (server) => {
      assert.equal((await sendOnce(server, BATCH, { type: 'opensearch' })).kind, 'answered');
      assert.ok(!server.requests[0]!.path.includes('require_data_stream'));
      assert.equal(server.documents().length, 3);
    }));

  it('keeps the path of a proxy', () =>
    withServer({}, async (server) => {
      await sendOnce({ url: `${server.url}/es/prod/` });
      assert.match(server.requests[0]!.path, /^\/es\/prod\/_bulk\?/);
    }));

  it('has two lines for each document, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.jsonValue(), fc.nat(3))), (documents) => {
        const batch = documents.map(([id, value, indent]) => ({
          id,
          document: JSON.stringify({ value }, null, indent),
        }));
        const lines = bulkBody('logs-x-y', batch).split('\n');
        assert.equal(lines.pop(), '');
        assert.equal(lines.length, 2 * batch.length);
        for (const [index, [id, value]] of documents.entries()) {
          assert.deepEqual(JSON.parse(lines[2 * index]!), { create: { _index: 'logs-x-y', _id: id } });
          assert.deepEqual(JSON.parse(lines[2 * index + 1]!), JSON.parse(JSON.stringify({ value })));
        }
      }),
    );
  });
});

describe('the answer to each document', () => {
  it('is told apart: stored, duplicate, refused, overloaded, put aside', () =>
    withServer({}, async (server) => {
      await sendOnce(server, [outgoing('b')]);
      const overload = { type: 'es_rejected_execution_exception', reason: 'queue capacity' };
      server.streams.itemFaults.set('d', [{ status: 429, fault: overload }]);
      server.streams.itemFaults.set('e', [
        { status: 503, fault: { type: 'unavailable_shards_exception', reason: 'primary' } },
      ]);
      server.streams.failureStoreIds.add('f');
      const batch = [
        outgoing('a'),
        outgoing('b'),
        outgoing('c', { process: { pid: 'x' } }),
        outgoing('d'),
        outgoing('e'),
        outgoing('f'),
      ];
      assert.deepEqual(await sendOnce(server, batch), {
        kind: 'answered',
        outcomes: [
          STORED,
          { kind: 'delivered', duplicate: true, failureStore: false },
          {
            kind: 'refused',
            error: `400 document_parsing_exception: [1:20] failed to parse field [process.pid] of type [long] in document with id 'c'. Preview of field's value: '"x"'`,
          },
          { kind: 'retry', error: '429 es_rejected_execution_exception: queue capacity', held: false },
          { kind: 'retry', error: '503 unavailable_shards_exception: primary', held: false },
          { kind: 'delivered', duplicate: false, failureStore: true },
        ],
      });
    }));

  const itemStatuses: [number, string, DocumentOutcome['kind'], boolean?][] = [
    [400, 'illegal_argument_exception', 'refused'],
    [404, 'index_not_found_exception', 'refused'],
    [413, 'too_large', 'refused'],
    [429, 'circuit_breaking_exception', 'retry', false],
    [500, 'exception', 'retry', false],
    [502, 'exception', 'retry', false],
    [503, 'unavailable_shards_exception', 'retry', false],
    [504, 'process_cluster_event_timeout_exception', 'retry', false],
    [401, 'security_exception', 'retry', true],
    [403, 'security_exception', 'retry', true],
    [403, 'cluster_block_exception', 'retry', true],
    [409, 'version_conflict_engine_exception', 'delivered'],
    [409, 'resource_already_exists_exception', 'retry', false],
    [302, 'odd', 'retry', false],
  ];
  for (const [status, type, kind, held] of itemStatuses) {
    it(`${status} ${type} means ${kind}${held === true ? ', held' : ''}`, () =>
      withServer({}, async (server) => {
        server.streams.itemFaults.set('b', [{ status, fault: { type, reason: 'because' } }]);
        const result = await sendOnce(server);
        assert.ok(result.kind === 'answered');
        const [a, b, c] = result.outcomes;
        assert.deepEqual([a, c], [STORED, STORED]);
        assert.ok(b !== undefined);
        assert.equal(b.kind, kind);
        if (b.kind === 'retry') assert.equal(b.held, held);
        if (b.kind === 'retry' || b.kind === 'refused') assert.equal(b.error, `${status} ${type}: because`);
      }));
  }

  const mismatches: [string, Extract<RequestFault, { kind: 'items' }>['change'], RegExp][] = [
    ['too few items', (items) => items.slice(1), /2 items for 3 documents/],
    ['too many items', (items) => [...items, ...items], /6 items for 3/],
    ['items in another order', (items) => items.toReversed(), /item 1 of the answer is for id c, not a/],
    [
      'an item for another operation',
      (items) => items.map(({ create }) => ({ index: create! })),
      /not that of a bulk request/,
    ],
    ['an item without a status', (items) => items.map(() => ({ create: { _id: 'a' } })), /status/],
    [
      'a status that is no number',
      (items) => items.map(({ create }) => ({ create: { ...create, status: '201' } })),
      /status/,
    ],
  ];
  for (const [name, change, text] of mismatches) {
    it(`says nothing about any document if there are ${name}`, () =>
      withServer({}, async (server) => {
        server.fault({ kind: 'items', change });
        const result = await sendOnce(server);
        assert.equal(result.kind, 'unavailable');
        assert.match(errorOf(result), text);
      }));
  }

  it('is bounded and cannot carry terminal sequences', () =>
    withServer({}, async (server) => {
      const reason = `\u001b[31mred\u009b\u202e ${'long '.repeat(1_000)}`;
      server.streams.itemFaults.set('a', [{ status: 400, fault: { type: 'bad', reason } }]);
      const result = await sendOnce(server);
      assert.ok(result.kind === 'answered');
      const [first] = result.outcomes;
      assert.ok(first?.kind === 'refused' && first.error.length < 600);
      assert.match(first.error, /^400 bad: +\[31mred +long/);
      assert.doesNotMatch(first.error, /[\p{Cc}\p{Cf}]/u);
    }));
});

describe('the answer to a whole request', () => {
  const answers: [number, SendResult['kind'], string?][] = [
    [301, 'unavailable'],
    [307, 'unavailable'],
    [400, 'rejected'],
    [401, 'held', 'unauthorized'],
    [403, 'held', 'unauthorized'],
    [404, 'held', 'misconfigured'],
    [405, 'held', 'misconfigured'],
    [406, 'held', 'misconfigured'],
    [408, 'unavailable'],
    [413, 'too-large'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
  ];
  for (const [status, kind, reason] of answers) {
    it(`${status} means ${kind}`, () =>
      withServer({}, async (server) => {
        server.fault({
          kind: 'status',
          status,
          body: `{"error":{"type":"t","reason":"the reason"},"status":${status}}`,
        });
        const result = await sendOnce(server);
        assert.equal(result.kind, kind);
        assert.equal('reason' in result ? result.reason : undefined, reason);
        assert.equal(errorOf(result), `${status} t: the reason`);
      }));
  }

  for (const [header, expected] of [
    ['7', 7_000],
    ['nonsense', null],
    ['86400', 900_000],
  ] as const) {
    it(`carries Retry-After: ${header}`, () =>
      withServer({}, async (server) => {
        server.fault({
          kind: 'status',
          status: 503,
          headers: { 'retry-after': header },
          body: '<html>down</html>',
        });
        assert.deepEqual(await sendOnce(server), {
          kind: 'unavailable',
          error: '503 <html>down</html>',
          retryAfterMs: expected,
        });
      }));
  }

  it('does not follow a redirect, which would carry the key elsewhere', () =>
    withServer({}, (server) =>
      withServer({}, async (other) => {
        server.fault({ kind: 'status', status: 308, headers: { location: `${other.url}/_bulk` } });
        assert.match(errorOf(await sendOnce(server)), /^308 redirected to http/);
        assert.equal(other.requests.length, 0);
      }),
    ));

  for (const body of [
    '',
    'null',
    '[]',
    '{}',
    '{"items":{}}',
    '<html>Sign in to the airport</html>',
    '{"items":[',
    '"'.repeat(100),
  ]) {
    it(`is no answer if it is ${JSON.stringify(body.slice(0, 30))}`, () =>
      withServer({}, async (server) => {
        server.fault({ kind: 'body', body });
        const result = await sendOnce(server);
        assert.equal(result.kind, 'unavailable');
        assert.match(errorOf(result), /^200, but the answer is not/);
      }));
  }

  it('names a type that was set wrongly instead of blaming documents', () =>
    withServer({ flavour: 'opensearch' }, async (server) => {
      const result = await sendOnce(server);
      assert.ok(result.kind === 'held' && result.reason === 'misconfigured');
      assert.match(result.error, /unrecognized parameter: \[require_data_stream\]/);
    }));
});

describe('a network that fails', () => {
  const faults: [string, RequestFault, number, RegExp][] = [
    ['a reset before anything was stored', { kind: 'reset' }, 0, /closed|ECONNRESET/],
    ['a reset after everything was stored', { kind: 'reset', stored: true }, 3, /closed|ECONNRESET/],
    ['a reset in the middle of the answer', { kind: 'reset-in-body' }, 3, /closed|ECONNRESET|terminated/],
  ];
  for (const [name, fault, stored, text] of faults) {
    it(`takes ${name} for an outage, and the next request tells duplicates`, () =>
      withServer({}, async (server) => {
        server.fault(fault);
        const destination = destinationOf(server);
        const first = await destination.send(BATCH, new AbortController().signal);
        assert.equal(first.kind, 'unavailable');
        assert.match(errorOf(first), text);
        assert.equal(server.documents().length, stored);
        const second = await destination.send(BATCH, new AbortController().signal);
        assert.ok(second.kind === 'answered');
        for (const outcome of second.outcomes)
          assert.deepEqual(outcome, { ...STORED, duplicate: stored > 0 });
        await destination.close();
      }));
  }

  it('says where nobody listens and which name does not exist', async () => {
    const { url } = await new Promise<{ url: string }>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const address = server.address();
        const port = typeof address === 'object' ? address?.port : 0;
        server.close(() => resolve({ url: `http://127.0.0.1:${port}` }));
      });
    });
    assert.match(errorOf(await sendOnce({ url })), /ECONNREFUSED/);
    assert.match(errorOf(await sendOnce({ url: 'http://no-such-host.invalid:9200' })), /ENOTFOUND|EAI_AGAIN/);
  });

  it('ends a request at once when it is told to', () =>
    withServer({}, async (server) => {
      server.fault({ kind: 'hang' });
      const destination = destinationOf(server);
      const controller = new AbortController();
      const sent = destination.send(BATCH, controller.signal);
      setTimeout(() => controller.abort(), 50);
      const begun = performance.now();
      assert.deepEqual(await sent, { kind: 'aborted' });
      assert.ok(performance.now() - begun < 2_000);
      await destination.close();
    }));
});

describe('the API key', () => {
  it('is in no result, even if the collector sends it back', () =>
    withServer({}, (server) =>
      withDirectory(async (directory) => {
        const apiKeyFile = await secretFile(directory, KEY);
        const echo = `you sent ApiKey ${KEY}, that is secret-id:secret-key, that is secret-key`;
        server.fault(
          { kind: 'status', status: 500, body: echo },
          {
            kind: 'status',
            status: 401,
            body: JSON.stringify({ error: { type: 'security_exception', reason: echo } }),
          },
          { kind: 'body', body: echo },
          {
            kind: 'items',
            change: (items) => items.map(({ create }) => ({ create: { ...create, _id: KEY } })),
          },
          {
            kind: 'items',
            change: (items) =>
              items.map(({ create }) => ({
                create: { ...create, status: 400, error: { type: KEY, reason: echo } },
              })),
          },
        );
        for (let request = 0; request < 5; request += 1) {
          const result = JSON.stringify(await sendOnce(server, BATCH, { apiKeyFile }));
          assert.match(result, /\[secret\]/);
          assert.ok(!result.includes(KEY) && !result.includes('secret-key'), result);
        }
      }),
    ));

  it('is read anew for each request, so that a new one works without a restart', () =>
    withServer({ apiKey: KEY }, (server) =>
      withDirectory(async (directory) => {
        const apiKeyFile = await secretFile(directory, 'b2xkOmtleS10aGF0LWV4cGlyZWQ=');
        const destination = destinationOf(server, { apiKeyFile });
        const { signal } = new AbortController();
        assert.equal((await destination.send(BATCH, signal)).kind, 'held');
        await secretFile(directory, KEY);
        assert.equal((await destination.send(BATCH, signal)).kind, 'answered');
        await destination.close();
      }),
    ));

  it('that cannot be read holds everything and sends nothing', () =>
    withServer({}, async (server) => {
      const result = await sendOnce(server, BATCH, { apiKeyFile: '/nonexistent/api-key' });
      assert.ok(result.kind === 'held' && result.reason === 'misconfigured');
      assert.match(result.error, /\/nonexistent\/api-key/);
      assert.equal(server.requests.length, 0);
    }));
});

describe('TLS', () => {
  const run = promisify(execFile);

  /** A key and a certificate for 127.0.0.1 signed by itself. */
  async function certificate(directory: string): Promise<{ key: string; cert: string; certFile: string }> {
    const keyFile = join(directory, 'key.pem');
    const certFile = join(directory, 'cert.pem');
    const subject = ['-subj', '/CN=collector', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    await run('openssl', ['req', ...kind, ...subject, '-keyout', keyFile, '-out', certFile]);
    return { key: await readFile(keyFile, 'utf8'), cert: await readFile(certFile, 'utf8'), certFile };
  }

  it('trusts the authorities of ca_file and nobody else then', async function () {
    const present = await run('openssl', ['version']).then(
      () => true,
      () => false,
    );
    if (!present) {
      console.log('      openssl is not installed: no certificate can be made');
      this.skip();
    }
    await withDirectory(async (directory) => {
      const { key, cert, certFile } = await certificate(directory);
      await withServer({ tls: { key, cert } }, async (server) => {
        assert.equal((await sendOnce(server, BATCH, { caFile: certFile })).kind, 'answered');
        const untrusted = await sendOnce(server);
        assert.equal(untrusted.kind, 'unavailable');
        assert.match(errorOf(untrusted), /self-signed certificate/);
        assert.equal(server.bulkRequests.length, 1);
      });
    });
  });
});

describe('settings of the destination', () => {
  const wrong: [string, Partial<ElasticsearchOptions>, RegExp][] = [
    ['a url that is none', { url: 'collector:9200/x y' }, /url/],
    ['another scheme', { url: 'ftp://collector' }, /url/],
    ['a password in the url', { url: 'https://elastic:hunter2@collector' }, /user or password/],
    ['a query in the url', { url: 'https://collector?pretty' }, /query/],
    ['a key over plain http', { url: 'http://collector:9200', apiKeyFile: '/k' }, /unencrypted/],
    ['capitals in the namespace', { namespace: 'Prod' }, /Prod/],
    ['a dash in the namespace', { namespace: 'a-b' }, /a-b/],
    ['an empty namespace', { namespace: '' }, /namespace/],
    ['a ca_file that is not there', { caFile: '/nonexistent/ca.pem' }, /ca\.pem/],
  ];
  for (const [name, options, text] of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () =>
          createElasticsearch({
            name: 'soc',
            type: 'elasticsearch',
            url: 'https://c',
            namespace: 'default',
            ...options,
          }),
        (failure) => {
          assert.ok(failure instanceof DestinationConfigError);
          assert.match(failure.message, /^Destination 'soc'/);
          assert.match(failure.message, text);
          assert.ok(failure.remedy !== undefined);
          assert.ok(!failure.message.includes('hunter2'));
          return true;
        },
      );
    });
  }

  it('refuses a ca_file without a certificate in it', () =>
    withDirectory(async (directory) => {
      const caFile = join(directory, 'ca.pem');
      await writeFile(caFile, 'nothing');
      assert.throws(() => destinationOf({ url: 'https://c' }, { caFile }), DestinationConfigError);
    }));

  it('takes a key over plain http to this host', () => {
    for (const url of ['http://localhost:9200', 'http://127.0.0.1:9200', 'http://[::1]:9200']) {
      assert.equal(destinationOf({ url }, { apiKeyFile: '/k' }).name, 'soc');
    }
  });
});
