import * as v from 'valibot';
import type { JoinKey } from './keys.ts';
import { idOf } from './keys.ts';
import type { Scalar } from './tree.ts';

/** What a matcher keeps between records, as plain data that JSON can hold. */
export interface Snapshot {
  readonly version: typeof SNAPSHOT_VERSION;
  /** The query, printed, and its dialect: state fits no other. */
  readonly query: string;
  /** Every record that is part of something open, encoded once. */
  readonly records: readonly unknown[];
  readonly state: unknown;
}

/** Changes whenever the shape of some state does; a snapshot of another version is not restored. */
export const SNAPSHOT_VERSION = 1;

/** Stored state that cannot have come from `snapshot`. */
export class EqlSnapshotError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EqlSnapshotError';
  }
}

const ENVELOPE = v.object({
  version: v.number(),
  query: v.string(),
  records: v.array(v.unknown()),
  state: v.unknown(),
});

/** The outer shape of stored state. Throws EqlSnapshotError. */
export function readEnvelope(stored: unknown): v.InferOutput<typeof ENVELOPE> {
  return readState(ENVELOPE, stored);
}

/** Stored state of a given shape. Throws EqlSnapshotError. */
export function readState<S extends v.GenericSchema>(schema: S, stored: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, stored);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new EqlSnapshotError(`The stored state of a query is damaged: ${issue.message}.`);
}

/** Gives each record one place, however many open sequences it is part of. */
export class RecordWriter<R> {
  readonly records: unknown[] = [];
  readonly #places = new Map<R, number>();
  readonly #encode: (record: R) => unknown;

  constructor(encode: (record: R) => unknown) {
    this.#encode = encode;
  }

  place(record: R): number {
    const known = this.#places.get(record);
    if (known !== undefined) return known;
    const place = this.records.push(this.#encode(record)) - 1;
    this.#places.set(record, place);
    return place;
  }
}

/** Gives back the records by their places. */
export class RecordReader<R> {
  readonly #records: readonly R[];

  constructor(stored: readonly unknown[], decode: (stored: unknown) => R) {
    this.#records = stored.map(decode);
  }

  at(place: number): R {
    if (place >= this.#records.length)
      throw new EqlSnapshotError(`The stored state of a query is damaged: it has no record ${place}.`);
    return this.#records[place]!;
  }
}

/** A place in the list of records. */
export const PLACE = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A key value; JSON has no 64-bit integers. */
const VALUE = v.union([
  v.null(),
  v.string(),
  v.number(),
  v.boolean(),
  v.object({ integer: v.pipe(v.string(), v.regex(/^-?\d{1,20}$/)) }),
]);

export const VALUES = v.array(VALUE);

export function writeValues(values: readonly (Scalar | null)[]): v.InferOutput<typeof VALUES> {
  return values.map((value) => (typeof value === 'bigint' ? { integer: String(value) } : value));
}

export function readValues(stored: v.InferOutput<typeof VALUES>): (Scalar | null)[] {
  return stored.map((value) => (typeof value === 'object' && value !== null ? BigInt(value.integer) : value));
}

/** A join key from its stored values. */
export function readKey(stored: v.InferOutput<typeof VALUES>): JoinKey {
  const values = readValues(stored);
  return { id: idOf(values), values };
}
