import type { Match } from './matcher.ts';
import { readMatches, writeMatches } from './pipeState.ts';
import type { Test } from './readers.ts';
import { PLACE, type RecordReader, type RecordWriter, readState } from './snapshot.ts';

/** A stage behind a query: takes its matches in their order and lets others out. */
export interface PipeStage<R> {
  take(match: Match<R>): readonly Match<R>[];
  /** No match will follow. */
  end(): readonly Match<R>[];
  save(records: RecordWriter<R>): unknown;
  load(state: unknown, records: RecordReader<R>): void;
}

/** The first matches. */
export class Head<R> implements PipeStage<R> {
  #left: number;

  constructor(count: number) {
    this.#left = count;
  }

  take(match: Match<R>): readonly Match<R>[] {
    if (this.#left <= 0) return [];
    this.#left -= 1;
    return [match];
  }

  end(): readonly Match<R>[] {
    return [];
  }

  save(): number {
    return this.#left;
  }

  load(state: unknown): void {
    this.#left = readState(PLACE, state);
  }
}

/** The last matches, which are known when the input ends. */
export class Tail<R> implements PipeStage<R> {
  readonly #count: number;
  #last: Match<R>[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  take(match: Match<R>): readonly Match<R>[] {
    this.#last.push(match);
    // Cut at twice the length, so that a match costs the same on average however many are kept.
    if (this.#last.length > 2 * this.#count) this.#last = this.#tail();
    return [];
  }

  end(): readonly Match<R>[] {
    return this.#tail();
  }

  save(records: RecordWriter<R>): unknown {
    return writeMatches(this.#tail(), records);
  }

  load(state: unknown, records: RecordReader<R>): void {
    this.#last = readMatches(state, records);
  }

  #tail(): Match<R>[] {
    return this.#count === 0 ? [] : this.#last.slice(-this.#count);
  }
}

/** Those that meet a condition. */
export class Filter<R> implements PipeStage<R> {
  readonly #test: Test<Match<R>>;

  constructor(test: Test<Match<R>>) {
    this.#test = test;
  }

  take(match: Match<R>): readonly Match<R>[] {
    return this.#test(match) ? [match] : [];
  }

  end(): readonly Match<R>[] {
    return [];
  }

  save(): null {
    return null;
  }

  load(): void {}
}

/** Sends matches through pipes, one behind the other. */
export class Pipeline<R> {
  readonly #stages: readonly PipeStage<R>[];

  constructor(stages: readonly PipeStage<R>[]) {
    this.#stages = stages;
  }

  take(matches: readonly Match<R>[]): readonly Match<R>[] {
    return matches.length === 0 ? matches : this.#from(0, matches);
  }

  #from(first: number, matches: readonly Match<R>[]): readonly Match<R>[] {
    let current = matches;
    for (const stage of this.#stages.slice(first)) current = current.flatMap((match) => stage.take(match));
    return current;
  }

  save(records: RecordWriter<R>): unknown[] {
    return this.#stages.map((stage) => stage.save(records));
  }

  load(states: readonly unknown[], records: RecordReader<R>): void {
    for (const [index, stage] of this.#stages.entries()) stage.load(states[index], records);
  }

  /** What the pipes held back, each part sent through the pipes behind it. */
  end(): readonly Match<R>[] {
    return this.#stages.flatMap((stage, index) => this.#from(index + 1, stage.end()));
  }
}
