import type { Counters } from './counters.ts';
import type { Needs } from './needs.ts';
import { allOf, type Test } from './readers.ts';
import type { Warning } from './schema.ts';

/** What a query found. */
export interface Match<R> {
  /** The records in the order of the query's terms, one for an event query; null is a missing event. */
  readonly events: readonly (R | null)[];
  /** The values that joined them, in the order of the keys; empty without keys. */
  readonly joinKeys: readonly unknown[];
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
  readonly warnings: readonly Warning[];
}

/** Shared, so that a record that does not match costs no allocation. */
export const NONE: readonly never[] = Object.freeze([]);

/** An event query: every record that passes its tests is a match, whatever came before. */
export class EventMatcher<R> implements Matcher<R> {
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
}
