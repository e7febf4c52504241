import type { Match, Matcher } from './matcher.ts';
import { EvaluationCut, type Work } from './work.ts';

/** The matches of one rule. */
export interface Outcome<T, R> {
  readonly rule: T;
  readonly matches: readonly Match<R>[];
}

/** A rule that could not be evaluated in full on a record: whether it matches is not known. */
export interface Incomplete<T> {
  readonly rule: T;
  readonly reason: string;
}

/**
 * Time on one rule and one record, in milliseconds, from which the rule is given up. A text of 1 MiB against
 * one pattern takes some 10 ms, so it is what a hundred patterns need.
 */
export const MAX_RULE_MS = 1000;

/** Time on one record, in milliseconds, from which all rules that are left are given up: others wait behind it. */
export const MAX_RECORD_MS = 5000;

/** A slice that leaves room for the step that is on when it ends, below 50 ms of the event loop in all. */
export const SLICE_MS = 10;

interface Search {
  run(deadline: number): boolean;
  found(): readonly number[];
}

/** All rules on one record, in slices: call `run` until it says that it is done. */
export class Evaluation<T, R> {
  readonly outcomes: Outcome<T, R>[] = [];
  /** Never empty without a reason to raise an alarm. */
  readonly incomplete: Incomplete<T>[] = [];
  readonly #work: Work;
  readonly #search: Search;
  readonly #entryOf: (number: number) => { rule: T; matcher: Matcher<R> };
  readonly #record: R;
  #candidates: readonly number[] | undefined;
  #next = 0;
  /** Milliseconds on the rule that is in work, and on the record. */
  #spent = 0;
  #spentInAll = 0;

  constructor(
    work: Work,
    search: Search,
    entryOf: (number: number) => { rule: T; matcher: Matcher<R> },
    record: R,
  ) {
    this.#work = work;
    this.#search = search;
    this.#entryOf = entryOf;
    this.#record = record;
  }

  /**
   * Goes on for about `sliceMs` milliseconds, and for a step that cannot be interrupted more: a pattern on a
   * text of 1 MiB. True when all rules are done.
   */
  run(sliceMs: number = SLICE_MS): boolean {
    const deadline = performance.now() + sliceMs;
    if (this.#candidates === undefined) {
      if (!this.#search.run(deadline)) return false;
      this.#candidates = this.#search.found();
      this.#work.begin();
    }
    while (this.#next < this.#candidates.length) {
      if (this.#spentInAll >= MAX_RECORD_MS) return this.#giveUp(this.#candidates);
      if (!this.#rule(this.#entryOf(this.#candidates[this.#next]!), deadline)) return false;
      this.#next += 1;
      this.#spent = 0;
      this.#work.begin();
      // Each rule may do one slow step, however late it is.
      if (performance.now() > deadline && this.#next < this.#candidates.length) return false;
    }
    return true;
  }

  #giveUp(candidates: readonly number[]): true {
    for (; this.#next < candidates.length; this.#next += 1) {
      const { rule } = this.#entryOf(candidates[this.#next]!);
      this.incomplete.push({ rule, reason: `all rules together took more than ${MAX_RECORD_MS} ms` });
    }
    return true;
  }

  /** Whether the rule is done with. */
  #rule(entry: { rule: T; matcher: Matcher<R> }, deadline: number): boolean {
    const started = performance.now();
    const isDone = this.#attempt(entry, deadline);
    const spent = performance.now() - started;
    this.#spent += spent;
    this.#spentInAll += spent;
    if (isDone || this.#spent < MAX_RULE_MS) return isDone;
    this.incomplete.push({ rule: entry.rule, reason: `it took more than ${MAX_RULE_MS} ms` });
    return true;
  }

  #attempt({ rule, matcher }: { rule: T; matcher: Matcher<R> }, deadline: number): boolean {
    try {
      const result = this.#work.attempt(() => matcher.feed(this.#record), deadline);
      if (result === undefined) return false;
      if (result.value.length > 0) this.outcomes.push({ rule, matches: result.value });
      return true;
    } catch (error) {
      if (!(error instanceof EvaluationCut)) throw error;
      this.incomplete.push({ rule, reason: error.message });
      return true;
    }
  }
}
