import type { Counters } from './counters.ts';
import type { LineageTracker } from './lineage.ts';
import type { Match, Matcher } from './matcher.ts';
import type { Needs } from './needs.ts';
import type { Warning } from './schema.ts';

/** A query that asks about lineage: its trackers see every record before the query does. */
export class LineageMatcher<R> implements Matcher<R> {
  readonly warnings: readonly Warning[];
  readonly #inner: Matcher<R>;
  readonly #trackers: readonly LineageTracker<R>[];
  readonly #needs: Needs;

  constructor(inner: Matcher<R>, trackers: readonly LineageTracker<R>[]) {
    this.warnings = inner.warnings;
    this.#inner = inner;
    this.#trackers = trackers;
    // Descent passes through processes that the query itself does not take.
    this.#needs = { ...inner.needs(), categories: null, literals: [] };
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
}
