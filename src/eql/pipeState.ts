import * as v from 'valibot';
import type { Match } from './matcher.ts';
import {
  PLACE,
  type RecordReader,
  type RecordWriter,
  readState,
  readValues,
  VALUES,
  writeValues,
} from './snapshot.ts';
import type { Scalar } from './tree.ts';

const MATCH = v.object({
  events: v.array(v.nullable(PLACE)),
  joinKeys: VALUES,
  count: v.optional(v.object({ count: v.number(), percent: v.number() })),
});

const MATCHES = v.array(MATCH);

export type StoredMatch = v.InferOutput<typeof MATCH>;

/** Matches that a pipe holds back, as they are stored. */
export function writeMatches<R>(matches: readonly Match<R>[], records: RecordWriter<R>): StoredMatch[] {
  return matches.map(({ events, joinKeys, count }) => ({
    events: events.map((event) => (event === null ? null : records.place(event))),
    joinKeys: writeValues(joinKeys as (Scalar | null)[]),
    ...(count === undefined ? {} : { count }),
  }));
}

export function readMatches<R>(state: unknown, records: RecordReader<R>): Match<R>[] {
  return readState(MATCHES, state).map(({ events, joinKeys, count }) => ({
    events: events.map((place) => (place === null ? null : records.at(place))),
    joinKeys: readValues(joinKeys),
    ...(count === undefined ? {} : { count }),
  }));
}
