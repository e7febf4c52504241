/** Elasticsearch and OpenSearch data streams by `_bulk` over undici. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Dispatcher, Pool } from 'undici';
import { readCredentials } from './api-key.ts';
import { retryAfterMs } from './backoff.ts';
import { bulkBody, FILTER_PATH, failureText, readBulkAnswer } from './bulk.ts';
import { collectorText, networkText } from './collector-text.ts';
import type { Destination, OutgoingDocument, SendResult } from './destination.ts';
import { type CheckedOptions, checkOptions, type ElasticsearchOptions } from './elasticsearch-options.ts';
import { SecretFileError } from './errors.ts';

/** To set up a connection, TLS included, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;
/** From the end of the request to the head of the answer, in milliseconds. */
const HEADERS_TIMEOUT_MS = 30_000;
/** Between two pieces of the answer, in milliseconds. */
const BODY_TIMEOUT_MS = 30_000;
/** For the whole of a request, in milliseconds: an answer that drips keeps the timeout above happy for ever. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Largest answer that is read, in bytes: 500 items of 16 KiB of error text are 8 MiB. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

const compress = promisify(gzip);

class ElasticsearchDestination implements Destination {
  readonly name: string;
  readonly #options: CheckedOptions;
  readonly #path: string;
  #pool: Pool | null = null;

  constructor(options: CheckedOptions) {
    this.name = options.name;
    this.#options = options;
    // OpenSearch refuses parameters it does not know, and it does not know this one.
    const stream = options.type === 'elasticsearch' ? 'require_data_stream=true&' : '';
    this.#path = `${options.url.pathname.replace(/\/+$/, '')}/_bulk?${stream}filter_path=${FILTER_PATH}`;
  }

  async send(batch: readonly OutgoingDocument[], signal: AbortSignal): Promise<SendResult> {
    let secrets: string[] = [];
    try {
      const credentials = readCredentials(this.#options.apiKeyFile, this.#options.trust);
      secrets = credentials.secrets;
      const { status, headers, text } = await this.#request(batch, credentials.headers, signal);
      return this.#judge(status, headers, text, batch, secrets);
    } catch (failure) {
      if (signal.aborted) return { kind: 'aborted' };
      if (failure instanceof SecretFileError) {
        return { kind: 'held', reason: 'misconfigured', error: failure.message };
      }
      const error = collectorText(networkText(failure), secrets);
      return { kind: 'unavailable', error, retryAfterMs: null };
    }
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = null;
    await pool?.destroy();
  }

  async #request(
    batch: readonly OutgoingDocument[],
    authorization: Record<string, string>,
    signal: AbortSignal,
  ): Promise<{ status: number; headers: Dispatcher.ResponseData['headers']; text: string }> {
    const body = await compress(bulkBody(this.#options.index, batch));
    this.#pool ??= await this.#connectLazily();
    const answer = await this.#pool.request({
      method: 'POST',
      path: this.#path,
      headers: {
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'exectap',
        ...authorization,
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  }

  /** undici takes some 150 ms to load: commands that send nothing should not pay for it. */
  async #connectLazily(): Promise<Pool> {
    const undici = await import('undici');
    return new undici.Pool(this.#options.url.origin, {
      connections: 1,
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: BODY_TIMEOUT_MS,
      maxResponseSize: MAX_ANSWER_BYTES,
      connect: {
        timeout: CONNECT_TIMEOUT_MS,
        minVersion: 'TLSv1.2',
        ...(this.#options.authorities === undefined ? {} : { ca: this.#options.authorities }),
      },
    });
  }

  #judge(
    status: number,
    headers: Dispatcher.ResponseData['headers'],
    text: string,
    batch: readonly OutgoingDocument[],
    secrets: readonly string[],
  ): SendResult {
    if (status >= 200 && status < 300) {
      const outcomes = readBulkAnswer(text, batch, secrets);
      if (Array.isArray(outcomes)) return { kind: 'answered', outcomes };
      return { kind: 'unavailable', error: `${status}, but ${outcomes.fault}`, retryAfterMs: null };
    }
    const redirect = headers.location === undefined ? text : `redirected to ${String(headers.location)}`;
    const error = failureText(status, redirect, secrets);
    if (status === 401 || status === 403) return { kind: 'held', reason: 'unauthorized', error };
    if (status === 413) return { kind: 'too-large', error };
    if (status < 400 || status === 408 || status === 429 || status >= 500) {
      const header = headers['retry-after'];
      const asked = retryAfterMs(Array.isArray(header) ? header[0] : header, Date.now());
      return { kind: 'unavailable', error, retryAfterMs: asked };
    }
    // The usual sign of `type = "elasticsearch"` before an OpenSearch: no document can be to blame for it.
    const blamesRequest = /unrecognized parameter/.test(text);
    if (status === 400 && !blamesRequest) return { kind: 'rejected', error };
    return { kind: 'held', reason: 'misconfigured', error };
  }
}

/**
 * A destination that writes each document to the data stream that it names: alerts to
 * `logs-exectap.alerts-<namespace>`, gaps to `logs-exectap.gaps-<namespace>`.
 * Ids make repeated sending harmless, except across a rollover of the data stream: Elasticsearch looks for an id in
 * the current backing index only (elasticsearch issue 44794).
 * @throws {DestinationConfigError} the settings cannot work.
 */
export function createElasticsearch(options: ElasticsearchOptions): Destination {
  return new ElasticsearchDestination(checkOptions(options));
}
