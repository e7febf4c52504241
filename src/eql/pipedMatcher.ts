import type { Counters } from './counters.ts';
import type { Match, Matcher } from './matcher.ts';
import type { Needs } from './needs.ts';
import type { Pipeline } from './pipes.ts';
import type { Warning } from './schema.ts';

/** A query with pipes behind it. */
export class PipedMatcher<R> implements Matcher<R> {
  readonly #inner: Matcher<R>;
  readonly #pipeline: Pipeline<R>;

  constructor(inner: Matcher<R>, pipeline: Pipeline<R>) {
    this.#inner = inner;
    this.#pipeline = pipeline;
  }

  get warnings(): readonly Warning[] {
    return this.#inner.warnings;
  }

  feed(record: R): readonly Match<R>[] {
    return this.#pipeline.take(this.#inner.feed(record));
  }

  advance(timeMs: number): readonly Match<R>[] {
    return this.#pipeline.take(this.#inner.advance(timeMs));
  }

  end(): readonly Match<R>[] {
    return [...this.#pipeline.take(this.#inner.end()), ...this.#pipeline.end()];
  }

  needs(): Needs {
    return this.#inner.needs();
  }

  counters(): Readonly<Counters> {
    return this.#inner.counters();
  }
}
