/**
 * An HTTP server that speaks `_bulk` for data streams as Elasticsearch 8.19 and OpenSearch 2 do, with faults on
 * demand. test/forward/elasticsearch-server.test.ts holds it to the protocol with Elastic's own client.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import {
  DataStreams,
  filterPath,
  type ItemAnswer,
  parseBulk,
  RequestRefused,
  type StoredDocument,
} from './elasticsearch-bulk.ts';

const inflate = promisify(gunzip);

export type RequestFault =
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  /** 200 with this body, nothing stored. */
  | { kind: 'body'; body: string }
  /** The connection is reset before an answer; with `stored` after the documents were taken. */
  | { kind: 'reset'; stored?: boolean }
  /** The head of an answer and half of its body, then a reset. The documents were taken. */
  | { kind: 'reset-in-body' }
  /** No answer until the server is closed. */
  | { kind: 'hang' }
  | { kind: 'delay'; ms: number }
  /** The answer's items are changed on their way out; the documents were taken. */
  | { kind: 'items'; change: (items: ItemAnswer[]) => ItemAnswer[] };

export interface SeenRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  /** Documents in a bulk request. */
  documents: number;
  atMs: number;
}

export interface ServerOptions {
  flavour?: 'elasticsearch' | 'opensearch';
  /** base64 of id:key that requests must carry. */
  apiKey?: string;
  /** http.max_content_length, in bytes after decompression. */
  maxBytes?: number;
  /** The key may not write to anything: item-level 403. */
  readOnlyKey?: boolean;
  tls?: { key: string; cert: string };
}

const COMMON_PARAMETERS = ['filter_path', 'pretty', 'human', 'error_trace', 'format'];
const BULK_PARAMETERS = [
  'refresh',
  'timeout',
  'wait_for_active_shards',
  'routing',
  'pipeline',
  'require_alias',
];
const ELASTICSEARCH_PARAMETERS = [
  'require_data_stream',
  'include_source_on_error',
  'list_executed_pipelines',
];
const CONTENT_TYPES =
  /^application\/(x-ndjson|json|vnd\.elasticsearch\+(x-ndjson|json); ?compatible-with=[78])(; ?charset=utf-8)?$/i;
const OPENSEARCH_CONTENT_TYPES = /^application\/(x-ndjson|json)(; ?charset=utf-8)?$/i;

export class ElasticsearchServer {
  readonly streams = new DataStreams();
  readonly requests: SeenRequest[] = [];
  /** May be changed while the server runs. */
  readonly options: ServerOptions;
  readonly #faults: RequestFault[] = [];
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;

  constructor(options: ServerOptions = {}) {
    this.options = options;
  }

  get url(): string {
    return `${this.options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.#port}`;
  }

  /** Listens; after a `close` on the same port as before, so that an outage can end. */
  async listen(): Promise<this> {
    const handler = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#handle(request, response).catch((failure: unknown) => this.#refuse(response, failure));
    const { tls } = this.options;
    const server = tls === undefined ? createServer(handler) : createTlsServer(tls, handler);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** The next bulk requests meet these, one each. */
  fault(...faults: RequestFault[]): void {
    this.#faults.push(...faults);
  }

  documents(stream = 'logs-exectap.alerts-default'): StoredDocument[] {
    return this.streams.documents(stream);
  }

  get bulkRequests(): SeenRequest[] {
    return this.requests.filter(({ path }) => path.includes('_bulk'));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://server');
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: `${url.pathname}${url.search}`,
      headers: request.headers,
      documents: 0,
      atMs: Date.now(),
    };
    this.requests.push(seen);
    this.#checkKey(request);
    if (url.pathname === '/') return this.#send(request, response, 200, this.#info());
    const bulk = /^(?:\/([^/_][^/]*))?\/_bulk$/.exec(url.pathname);
    if (bulk === null || request.method === 'GET') {
      throw new RequestRefused(
        405,
        'method_not_allowed',
        `Incorrect HTTP method for uri [${url.pathname}] and method [${seen.method}]`,
      );
    }
    await this.#bulk(request, response, url, Buffer.concat(chunks), bulk[1] ?? null, seen);
  }

  async #bulk(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    raw: Buffer,
    index: string | null,
    seen: SeenRequest,
  ): Promise<void> {
    const fault = this.#faults.shift();
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault?.kind === 'reset' && fault.stored !== true) {
      request.socket.resetAndDestroy();
      return;
    }
    if (fault?.kind === 'status' || fault?.kind === 'body') {
      const status = fault.kind === 'status' ? fault.status : 200;
      response.writeHead(status, fault.kind === 'status' ? fault.headers : {}).end(fault.body ?? '');
      return;
    }
    const body = await this.#bodyOf(request, raw, url);
    const actions = parseBulk(body, index === null ? null : decodeURIComponent(index));
    seen.documents = actions.length;
    const requireStream = url.searchParams.get('require_data_stream') === 'true';
    let items = actions.map((action) =>
      this.options.readOnlyKey === true
        ? this.#forbidden(action.op, action.index, action.id)
        : this.streams.write(action, requireStream),
    );
    if (fault?.kind === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (fault?.kind === 'items') items = fault.change(items);
    const errors = items.some((item) => Object.values(item)[0]!.error !== undefined);
    const answer = { errors, took: 3, items };
    const filter = url.searchParams.get('filter_path');
    const kept =
      filter === null
        ? answer
        : filterPath(
            answer,
            filter.split(',').map((path) => path.split('.')),
          );
    this.#send(request, response, 200, kept ?? {}, fault?.kind === 'reset-in-body');
  }

  async #bodyOf(request: IncomingMessage, raw: Buffer, url: URL): Promise<string> {
    const opensearch = this.options.flavour === 'opensearch';
    const type = request.headers['content-type'] ?? '';
    if (!(opensearch ? OPENSEARCH_CONTENT_TYPES : CONTENT_TYPES).test(type)) {
      throw new RequestRefused(
        406,
        'media_type_header_exception',
        `Content-Type header [${type}] is not supported`,
      );
    }
    const known = [...COMMON_PARAMETERS, ...BULK_PARAMETERS, ...(opensearch ? [] : ELASTICSEARCH_PARAMETERS)];
    const unknown = [...url.searchParams.keys()].find((name) => !known.includes(name));
    if (unknown !== undefined) {
      const reason = `request [${url.pathname}] contains unrecognized parameter: [${unknown}]`;
      throw new RequestRefused(400, 'illegal_argument_exception', reason);
    }
    const body = request.headers['content-encoding'] === 'gzip' ? await inflate(raw) : raw;
    if (body.length > (this.options.maxBytes ?? 100 * 1024 * 1024)) throw new RequestRefused(413, '', '');
    return body.toString('utf8');
  }

  #checkKey(request: IncomingMessage): void {
    const { apiKey } = this.options;
    if (apiKey === undefined || request.headers.authorization === `ApiKey ${apiKey}`) return;
    throw new RequestRefused(
      401,
      'security_exception',
      `unable to authenticate with provided credentials and anonymous access is not allowed for this request`,
    );
  }

  #forbidden(op: string, index: string, id: string): ItemAnswer {
    const reason = `action [indices:data/write/bulk[s]] is unauthorized for API key id [k] on indices [${index}], this action is granted by the index privileges [create_doc,create,index,write,all]`;
    return { [op]: { _index: index, _id: id, status: 403, error: { type: 'security_exception', reason } } };
  }

  #info(): object {
    const version =
      this.options.flavour === 'opensearch'
        ? { distribution: 'opensearch', number: '2.19.1', build_type: 'tar' }
        : { number: '8.19.2', build_flavor: 'default', build_type: 'docker' };
    return {
      name: 'node-1',
      cluster_name: 'test',
      cluster_uuid: 'c',
      version,
      tagline: 'You Know, for Search',
    };
  }

  #send(
    request: IncomingMessage | null,
    response: ServerResponse,
    status: number,
    body: object,
    cut = false,
  ): void {
    const accept = request?.headers.accept ?? '';
    const vendor = /application\/vnd\.elasticsearch\+json; ?compatible-with=8/.test(accept);
    const text = status === 413 ? '' : JSON.stringify(body);
    response.writeHead(status, {
      'content-type': vendor ? 'application/vnd.elasticsearch+json;compatible-with=8' : 'application/json',
      'content-length': Buffer.byteLength(text),
      ...(this.options.flavour === 'opensearch' ? {} : { 'x-elastic-product': 'Elasticsearch' }),
    });
    if (!cut) {
      response.end(text);
      return;
    }
    response.write(text.slice(0, text.length / 2), () => request?.socket.resetAndDestroy());
  }

  #refuse(response: ServerResponse, failure: unknown): void {
    const { status, type } = failure instanceof RequestRefused ? failure : { status: 400, type: 'exception' };
    const reason = failure instanceof Error ? failure.message : String(failure);
    const error = { root_cause: [{ type, reason }], type, reason };
    this.#send(null, response, status, { error, status });
  }
}
