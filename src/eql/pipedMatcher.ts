import * as v from 'valibot';
import type { Counters } from './counters.ts';
import { type Match, StatefulMatcher } from './matcher.ts';
import type { Needs } from './needs.ts';
import type { Pipeline } from './pipes.ts';
import type { Warning } from './schema.ts';
import { type RecordReader, type RecordWriter, readState } from './snapshot.ts';

const STATE = v.object({ pipes: v.array(v.unknown()), inner: v.unknown() });

/** A query with pipes behind it. */
export class PipedMatcher<R> extends StatefulMatcher<R> {
  readonly warnings: readonly Warning[];
  readonly #inner: StatefulMatcher<R>;
  readonly #pipeline: Pipeline<R>;

  constructor(inner: StatefulMatcher<R>, pipeline: Pipeline<R>) {
    super();
    this.warnings = inner.warnings;
    this.#inner = inner;
    this.#pipeline = pipeline;
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

  save(records: RecordWriter<R>): v.InferOutput<typeof STATE> {
    return { pipes: this.#pipeline.save(records), inner: this.#inner.save(records) };
  }

  load(state: unknown, records: RecordReader<R>): void {
    const { pipes, inner } = readState(STATE, state);
    this.#inner.load(inner, records);
    this.#pipeline.load(pipes, records);
  }
}
