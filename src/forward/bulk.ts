/** The `_bulk` protocol of Elasticsearch and OpenSearch: writing a request, judging an answer. No network here. */
import * as v from 'valibot';
import { collectorText } from './collector-text.ts';
import type { DocumentOutcome, OutgoingDocument } from './destination.ts';

/** What the answer is cut down to: without it each item carries shard counts and sequence numbers. */
export const FILTER_PATH =
  'errors,took,items.*._id,items.*.status,items.*.error.type,items.*.error.reason,items.*.failure_store';

const Item = v.object({
  _id: v.string(),
  status: v.pipe(v.number(), v.integer()),
  failure_store: v.optional(v.string()),
  error: v.optional(v.object({ type: v.string(), reason: v.nullish(v.string()) })),
});
const Answer = v.object({ items: v.array(v.strictObject({ create: Item })) });

type Item = v.InferOutput<typeof Item>;

/** One part of a data stream's name: letters that Elasticsearch takes there, and its 100 bytes. */
const part = v.pipe(v.string(), v.regex(/^[^A-Z\\/*?"<>| ,#:-]{1,100}$/));
const Streamed = v.object({ data_stream: v.object({ type: part, dataset: part, namespace: part }) });

/**
 * The data stream that a document names. In one whose name is not the document's own, Elasticsearch would refuse it: the
 * parts are constant_keyword fields there.
 */
function streamOf(document: string): string | null {
  const named = v.safeParse(Streamed, JSON.parse(document));
  if (!named.success) return null;
  const { type, dataset, namespace } = named.output.data_stream;
  return `${type}-${dataset}-${namespace}`;
}

/**
 * A `_bulk` body: an action line and a document line for each. Data streams take only `create`.
 * @param index where a document goes that names no data stream
 */
export function bulkBody(index: string, batch: readonly OutgoingDocument[]): string {
  const lines = batch.map(({ id, document }) => {
    const action = JSON.stringify({ create: { _index: streamOf(document) ?? index, _id: id } });
    // Within JSON a line break can only be white space between tokens; here it would end the document.
    return `${action}\n${document.replace(/[\r\n]/g, ' ')}\n`;
  });
  return lines.join('');
}

function isRetried(status: number): boolean {
  return status === 429 || status >= 500;
}

function errorOf(item: Item, secrets: readonly string[]): string {
  const words =
    item.error === undefined ? '' : `${item.error.type}: ${item.error.reason ?? 'no reason given'}`;
  return collectorText(`${item.status} ${words}`, secrets);
}

/**
 * What a status means for a document. 409 is a success only as the version conflict that `create` gives for an
 * id that is there; a 403 is a matter of the key's rights, never of the document.
 */
function outcomeOf(item: Item, secrets: readonly string[]): DocumentOutcome {
  const { status, error } = item;
  if (status >= 200 && status < 300 && error === undefined) {
    return { kind: 'delivered', duplicate: false, failureStore: item.failure_store === 'used' };
  }
  if (status === 409 && (error === undefined || error.type === 'version_conflict_engine_exception')) {
    return { kind: 'delivered', duplicate: true, failureStore: false };
  }
  const text = errorOf(item, secrets);
  if (status === 401 || status === 403) return { kind: 'retry', error: text, held: true };
  if (isRetried(status) || status === 409 || status < 400) return { kind: 'retry', error: text, held: false };
  return { kind: 'refused', error: text };
}

/**
 * Judges the body of a 2xx answer item by item. An answer that does not fit the request, by count, order or id,
 * says nothing about any document.
 * @returns outcomes in the order of the batch, or what is wrong with the answer.
 */
export function readBulkAnswer(
  text: string,
  batch: readonly OutgoingDocument[],
  secrets: readonly string[],
): DocumentOutcome[] | { fault: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { fault: collectorText(`the answer is not JSON: ${text.slice(0, 200)}`, secrets) };
  }
  const answer = v.safeParse(Answer, json);
  if (!answer.success) {
    const [issue] = answer.issues;
    const where = v.getDotPath(issue) ?? 'the top';
    return {
      fault: collectorText(`the answer is not that of a bulk request: ${issue.message} at ${where}`, secrets),
    };
  }
  const items = answer.output.items.map((each) => each.create);
  if (items.length !== batch.length) {
    return { fault: `the answer has ${items.length} items for ${batch.length} documents` };
  }
  const wrong = items.findIndex((item, index) => item._id !== batch[index]!.id);
  if (wrong !== -1) {
    return {
      fault: collectorText(
        `item ${wrong + 1} of the answer is for id ${items[wrong]!._id}, not ${batch[wrong]!.id}`,
        secrets,
      ),
    };
  }
  return items.map((item) => outcomeOf(item, secrets));
}

const Failure = v.object({
  error: v.union([v.string(), v.object({ type: v.string(), reason: v.nullish(v.string()) })]),
});

/** What the body of an answer that is not 2xx says, in one line. */
export function failureText(status: number, text: string, secrets: readonly string[]): string {
  let words = text;
  try {
    const failure = v.safeParse(Failure, JSON.parse(text));
    if (failure.success) {
      const { error } = failure.output;
      words = typeof error === 'string' ? error : `${error.type}: ${error.reason ?? 'no reason given'}`;
    }
  } catch {
    // Proxies answer in HTML or plain text: it is shown as it is.
  }
  return collectorText(`${status} ${words}`, secrets);
}
