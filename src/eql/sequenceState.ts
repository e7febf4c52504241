import * as v from 'valibot';
import type { Pending } from './pending.ts';
import { PLACE, type RecordReader, type RecordWriter, VALUES } from './snapshot.ts';

const TIME = v.nullable(v.number());

const PENDING = v.object({
  events: v.pipe(v.array(PLACE), v.minLength(1)),
  first: v.number(),
  last: v.number(),
  leading: TIME,
  spoiled: v.boolean(),
});

/** A sequence query's state as it is stored. */
export const SEQUENCE_STATE = v.object({
  now: TIME,
  keys: v.array(
    v.object({
      values: VALUES,
      touched: v.number(),
      pending: v.array(v.nullable(PENDING)),
      sightings: v.array(v.tuple([TIME, TIME])),
    }),
  ),
  waiting: v.array(v.object({ values: VALUES, pending: PENDING, deadline: v.number() })),
});

export type StoredPending = v.InferOutput<typeof PENDING>;
export type StoredSequence = v.InferOutput<typeof SEQUENCE_STATE>;

export function writePending<R>(pending: Pending<R>, records: RecordWriter<R>): StoredPending {
  const { first, last, leading = null, spoiled } = pending;
  return { events: pending.events.map((event) => records.place(event)), first, last, leading, spoiled };
}

export function readPending<R>(stored: StoredPending, records: RecordReader<R>): Pending<R> {
  const { first, last, leading, spoiled } = stored;
  const events = stored.events.map((place) => records.at(place));
  return { events, first, last, leading: leading ?? undefined, spoiled };
}
