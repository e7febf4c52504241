import * as v from 'valibot';
import type { Counters } from './counters.ts';
import type { LineageTracker } from './lineage.ts';
import { type Match, StatefulMatcher } from './matcher.ts';
import type { Needs } from './needs.ts';
import type { Warning } from './schema.ts';
import { type RecordReader, type RecordWriter, readState } from './snapshot.ts';

const STATE = v.object({ trackers: v.array(v.unknown()), inner: v.unknown() });

/** A query that asks about lineage: its trackers see every record before the query does. */
export class LineageMatcher<R> extends StatefulMatcher<R> {
  readonly warnings: readonly Warning[];
  readonly #inner: StatefulMatcher<R>;
  readonly #trackers: readonly LineageTracker<R>[];
  readonly #needs: Needs;

  /** `fields` are those from which the trackers read ids. */
  constructor(inner: StatefulMatcher<R>, trackers: readonly LineageTracker<R>[], fields: readonly string[]) {
    super();
    this.warnings = inner.warnings;
    this.#inner = inner;
    this.#trackers = trackers;
    // Descent passes through processes that the query itself does not take.
    const needs = inner.needs();
    this.#needs = { fields: new Set([...needs.fields, ...fields]), categories: null, literals: [] };
  }

  feed(record: R): readonly Match<R>[] {
    for (const tracker of this.#trackers) tracker.observe(record);
    return this.#inner.feed(record);
  }

  advance(timeMs: number): readonly Match<R>[] {
    return this.#inner.advance(timeMs);
  }

  end(): readonly Match<R>[] {
    return this.#inner.end();
  }

  needs(): Needs {
    return this.#needs;
  }

  counters(): Readonly<Counters> {
    return this.#inner.counters();
  }

  save(records: RecordWriter<R>): v.InferOutput<typeof STATE> {
    return { trackers: this.#trackers.map((tracker) => tracker.save()), inner: this.#inner.save(records) };
  }

  load(state: unknown, records: RecordReader<R>): void {
    const { trackers, inner } = readState(STATE, state);
    this.#inner.load(inner, records);
    for (const [index, tracker] of this.#trackers.entries()) tracker.load(trackers[index]);
  }
}
