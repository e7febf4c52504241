import type { Counters } from './counters.ts';
import type { Needs } from './needs.ts';
import { allOf, type Test } from './readers.ts';
import type { Warning } from './schema.ts';
import { RecordReader, RecordWriter, readEnvelope, SNAPSHOT_VERSION, type Snapshot } from './snapshot.ts';

/** What a query found. */
export interface Match<R> {
  /** The records in the order of the query's terms, one for an event query; null is a missing event. */
  readonly events: readonly (R | null)[];
  /** The values that joined them, in the order of the keys; empty without keys. */
  readonly joinKeys: readonly unknown[];
  /** Behind the pipes `count` and `unique_count`: how many matches there were, and their part of all. */
  readonly count?: { readonly count: number; readonly percent: number };
}

/** A query that runs over a stream of records. */
export interface Matcher<R> {
  /** Takes the next record in order of arrival and returns what it completes. */
  feed(record: R): readonly Match<R>[];
  /**
   * Tells the time of the stream in epoch milliseconds, and returns what its passing completes. It promises
   * that no record with an earlier time will follow.
   */
  advance(timeMs: number): readonly Match<R>[];
  /** Tells that no record will follow, and returns what waited for one. Call it once, and nothing after it. */
  end(): readonly Match<R>[];
  /** What a record must show for this query to match; fixed when the query is compiled. */
  needs(): Needs;
  /** What was lost to a bound, so far. */
  counters(): Readonly<Counters>;
  /**
   * What the matcher keeps, as data for JSON: what is open of sequences and samples, the ids of lineage, the
   * place of pipes. `encode` makes data of a record; without it a record must be data itself.
   */
  snapshot(encode?: (record: R) => unknown): Snapshot;
  /**
   * Takes up what `snapshot` kept, in place of what the matcher has; false where it is of another query,
   * dialect or version, and then nothing changes. Throws EqlSnapshotError where it is damaged.
   */
  restore(snapshot: unknown, decode?: (stored: unknown) => R): boolean;
  readonly warnings: readonly Warning[];
}

/** What all matchers do alike. */
export abstract class StatefulMatcher<R> implements Matcher<R> {
  abstract readonly warnings: readonly Warning[];
  /** The query and its dialect, as text. */
  identity = '';

  abstract feed(record: R): readonly Match<R>[];
  abstract advance(timeMs: number): readonly Match<R>[];
  abstract end(): readonly Match<R>[];
  abstract needs(): Needs;
  abstract counters(): Readonly<Counters>;
  /** The state as plain data, its records given to `records`. */
  abstract save(records: RecordWriter<R>): unknown;
  /** Takes up a state that `save` gave. Throws EqlSnapshotError. */
  abstract load(state: unknown, records: RecordReader<R>): void;

  snapshot(encode: (record: R) => unknown = (record) => record): Snapshot {
    const records = new RecordWriter(encode);
    const state = this.save(records);
    return { version: SNAPSHOT_VERSION, query: this.identity, records: records.records, state };
  }

  restore(snapshot: unknown, decode: (stored: unknown) => R = (stored) => stored as R): boolean {
    const { version, query, records, state } = readEnvelope(snapshot);
    if (version !== SNAPSHOT_VERSION || query !== this.identity) return false;
    this.load(state, new RecordReader(records, decode));
    return true;
  }
}

/** Shared, so that a record that does not match costs no allocation. */
export const NONE: readonly never[] = Object.freeze([]);

/** An event query: every record that passes its tests is a match, whatever came before. */
export class EventMatcher<R> extends StatefulMatcher<R> {
  readonly warnings: readonly Warning[];
  readonly #matches: Test<R>;
  readonly #needs: Needs;
  readonly #counters: Readonly<Counters>;

  /** The tests are made in their order: cheap ones and those that rule out most come first. */
  constructor(
    tests: readonly Test<R>[],
    needs: Needs,
    warnings: readonly Warning[],
    counters: Readonly<Counters>,
  ) {
    super();
    this.#counters = counters;
    this.#matches = allOf(tests);
    this.#needs = needs;
    this.warnings = warnings;
  }

  feed(record: R): readonly Match<R>[] {
    return this.#matches(record) ? [{ events: [record], joinKeys: [] }] : NONE;
  }

  advance(_timeMs: number): readonly Match<R>[] {
    return NONE;
  }

  end(): readonly Match<R>[] {
    return NONE;
  }

  needs(): Needs {
    return this.#needs;
  }

  counters(): Readonly<Counters> {
    return this.#counters;
  }

  save(): null {
    return null;
  }

  load(): void {}
}
