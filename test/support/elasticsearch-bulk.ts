/** The part of Elasticsearch that judges bulk requests into data streams, in memory. Shapes as of 8.19. */

export interface ServerFault {
  type: string;
  reason: string;
}

export interface StoredDocument {
  id: string;
  source: Record<string, unknown>;
}

export type ItemAnswer = Record<string, Record<string, unknown>>;

/** A request that is refused as a whole. */
export class RequestRefused extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, reason: string) {
    super(reason);
    this.status = status;
    this.type = type;
  }
}

interface Action {
  op: string;
  index: string;
  id: string;
  line: number;
  text: string;
}

const OPS = ['create', 'index', 'update', 'delete'];

/** Splits a body into its actions as RestBulkAction does: the first malformed line refuses the whole request. */
export function parseBulk(body: string, defaultIndex: string | null): Action[] {
  if (!body.endsWith('\n')) {
    throw new RequestRefused(
      400,
      'illegal_argument_exception',
      'The bulk request must be terminated by a newline [\\n]',
    );
  }
  const lines = body.split('\n').slice(0, -1);
  const actions: Action[] = [];
  for (let line = 0; line < lines.length; line += 2) {
    let head: Record<string, { _index?: string; _id?: string }>;
    try {
      head = JSON.parse(lines[line]!) as typeof head;
    } catch {
      throw new RequestRefused(
        400,
        'illegal_argument_exception',
        `Malformed action/metadata line [${line + 1}]`,
      );
    }
    const [op = ''] = Object.keys(head);
    const index = head[op]?._index ?? defaultIndex;
    if (!OPS.includes(op) || index === null || lines[line + 1] === undefined) {
      const reason = `Malformed action/metadata line [${line + 1}], expected one of [create, delete, index, update] but found [${op}]`;
      throw new RequestRefused(400, 'illegal_argument_exception', reason);
    }
    actions.push({
      op,
      index,
      id: head[op]?._id ?? `auto-${Math.random()}`,
      line: line + 2,
      text: lines[line + 1]!,
    });
  }
  if (actions.length === 0) {
    throw new RequestRefused(400, 'action_request_validation_exception', 'no requests added;');
  }
  return actions;
}

/** Fields of the ECS mapping that the tests send wrong values for. */
const LONG_FIELDS = ['process.pid', 'event.severity'];

function valueAt(source: Record<string, unknown>, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) => (value !== null && typeof value === 'object' ? Reflect.get(value, key) : undefined),
      source,
    );
}

export class DataStreams {
  readonly #streams = new Map<string, Map<string, StoredDocument>>();
  /** Statuses that the next writes of an id get instead of being tried, first one first. */
  readonly itemFaults = new Map<string, { status: number; fault: ServerFault }[]>();
  /** Ids that an ingest pipeline fails on, so that they end up in the failure store. */
  readonly failureStoreIds = new Set<string>();

  documents(stream: string): StoredDocument[] {
    return [...(this.#streams.get(stream)?.values() ?? [])];
  }

  write(action: Action, requireDataStream: boolean): ItemAnswer {
    const refused = (status: number, error: Record<string, unknown>): ItemAnswer => ({
      [action.op]: { _index: this.#backing(action.index), _id: action.id, status, error },
    });
    const fault = this.itemFaults.get(action.id)?.shift();
    if (fault !== undefined) return refused(fault.status, { ...fault.fault });
    if (!/^logs-[^-]+-[^-]+$/.test(action.index) && requireDataStream) {
      const reason = `no such index [${action.index}] and [require_data_stream] request is [true] and [${action.index}] is not a data stream`;
      return refused(404, { type: 'index_not_found_exception', reason, index: action.index });
    }
    if (action.op !== 'create') {
      const reason = 'only write ops with an op_type of create are allowed in data streams';
      return refused(400, { type: 'illegal_argument_exception', reason });
    }
    const stream = this.#streams.get(action.index) ?? new Map<string, StoredDocument>();
    this.#streams.set(action.index, stream);
    if (stream.has(action.id)) {
      const reason = `[${action.id}]: version conflict, document already exists (current version [1])`;
      return refused(409, {
        type: 'version_conflict_engine_exception',
        reason,
        index_uuid: 'u',
        shard: '0',
        index: this.#backing(action.index),
      });
    }
    return this.#index(action, stream, refused);
  }

  #index(
    action: Action,
    stream: Map<string, StoredDocument>,
    refused: (status: number, error: Record<string, unknown>) => ItemAnswer,
  ): ItemAnswer {
    const parsing = (reason: string): ItemAnswer =>
      refused(400, { type: 'document_parsing_exception', reason });
    let source: Record<string, unknown>;
    try {
      source = JSON.parse(action.text) as Record<string, unknown>;
    } catch {
      return parsing(`[1:${action.text.length}] failed to parse`);
    }
    if (source['@timestamp'] === undefined)
      return parsing('[1:1] data stream timestamp field [@timestamp] is missing');
    for (const field of LONG_FIELDS) {
      const value = valueAt(source, field);
      if (value !== undefined && !Number.isInteger(Number(value))) {
        return parsing(
          `[1:20] failed to parse field [${field}] of type [long] in document with id '${action.id}'. Preview of field's value: '${JSON.stringify(value)}'`,
        );
      }
    }
    const stored = {
      _id: action.id,
      _version: 1,
      result: 'created',
      _shards: { total: 2, successful: 1, failed: 0 },
      status: 201,
    };
    if (this.failureStoreIds.has(action.id)) {
      const index = this.#backing(action.index).replace('.ds-', '.fs-');
      return { create: { _index: index, ...stored, failure_store: 'used' } };
    }
    stream.set(action.id, { id: action.id, source });
    return {
      create: {
        _index: this.#backing(action.index),
        ...stored,
        _seq_no: stream.size - 1,
        _primary_term: 1,
      },
    };
  }

  #backing(stream: string): string {
    return `.ds-${stream}-2026.11.24-000001`;
  }
}

/** Keeps of a value what the paths of `filter_path` name: `*` is any run of letters, arrays are looked through. */
export function filterPath(value: unknown, paths: readonly string[][]): unknown {
  if (Array.isArray(value)) {
    const kept = value.map((each) => filterPath(each, paths)).filter((each) => each !== undefined);
    return kept.length === 0 ? undefined : kept;
  }
  if (value === null || typeof value !== 'object') return undefined;
  const kept: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    const matching = paths.filter(([head]) => new RegExp(`^${head!.replaceAll('*', '.*')}$`).test(key));
    const rest = matching.map((path) => path.slice(1));
    const whole = rest.some((path) => path.length === 0);
    const part = whole ? child : rest.length > 0 ? filterPath(child, rest) : undefined;
    if (part !== undefined) kept[key] = part;
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}
