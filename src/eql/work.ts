/**
 * Evaluation of one record in slices. Conditions are pure, so an evaluation that has used up its time is
 * abandoned and later run again: what the slow parts of it found is in a log, in the order in which they are
 * reached, and is not computed twice. Short texts and lists are never slow and cost one comparison here.
 */

/** UTF-16 units from which searching a text is a slow part; a usual command line has some hundred. */
export const LONG_TEXT = 8192;
/** Values from which going through a list is a slow part. */
export const LONG_LIST = 1024;
/** UTF-16 units that are searched at all: macOS bounds a process's arguments at 1 MiB. */
export const MAX_TEXT = 1_048_576;
/** Values of a list between two looks at the clock. */
const STRIDE = 64;

const SUSPENDED: unique symbol = Symbol('suspended');

/** Thrown where a record cannot be evaluated in full: a text beyond MAX_TEXT, a regular expression too dear for it. */
export class EvaluationCut extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EvaluationCut';
  }
}

/** How far a slow part has come. */
interface Progress {
  next: number;
  readonly results: unknown[];
  done: boolean;
}

export class Work {
  #running = false;
  #deadline = 0;
  #cursor = 0;
  /** Whether this attempt has come further than the one before: it must, however short its time is. */
  #advanced = false;
  readonly #log: Progress[] = [];

  /** Forgets the log: what follows is the evaluation of another record or query. */
  begin(): void {
    this.#log.length = 0;
  }

  /** Runs an evaluation until `deadline` (of `performance.now()`); undefined where it must be run again. */
  attempt<T>(evaluate: () => T, deadline: number): { readonly value: T } | undefined {
    this.#running = true;
    this.#deadline = deadline;
    this.#cursor = 0;
    this.#advanced = false;
    try {
      return { value: evaluate() };
    } catch (error) {
      if (error === SUSPENDED) return undefined;
      throw error;
    } finally {
      this.#running = false;
    }
  }

  /** Gives up a record that would take too long in slices; where there are none, it takes as long as it takes. */
  giveUp(tooDear: string): void {
    if (this.#running) throw new EvaluationCut(tooDear);
  }

  /** A slow step as one piece, for a text of this length; `tooDear` says why it is not to be done at all. */
  once<T>(length: number, compute: () => T, tooDear?: string): T {
    if (!this.#running) return compute();
    if (tooDear !== undefined) throw new EvaluationCut(tooDear);
    if (length > MAX_TEXT) throw new EvaluationCut(`a value is longer than ${MAX_TEXT} characters`);
    const progress = this.#enter();
    if (!progress.done) {
      this.#look();
      progress.results.push(compute());
      progress.done = true;
    }
    return progress.results[0] as T;
  }

  /** Whether a value of a long list passes; `dear` has the clock looked at before each. */
  some<V>(values: readonly V[], test: (value: V) => boolean, dear = false): boolean {
    if (!this.#running) return values.some(test);
    return this.#walk(values, dear, test).results.length > 0;
  }

  /** What a function gives for each value of a long list. */
  map<V, T>(values: readonly V[], compute: (value: V) => T): readonly T[] {
    if (!this.#running) return values.map(compute);
    const results = (progress: Progress) => progress.results as T[];
    return results(
      this.#walk(values, false, (value, progress) => {
        results(progress).push(compute(value));
        return false;
      }),
    );
  }

  #walk<V>(values: readonly V[], dear: boolean, visit: (value: V, progress: Progress) => boolean): Progress {
    const progress = this.#enter();
    // The log behind this place is of the value that was in work: with the next one it starts anew.
    const place = this.#cursor;
    for (; !progress.done && progress.next < values.length; progress.next += 1) {
      if (dear || progress.next % STRIDE === 0) this.#look();
      if (visit(values[progress.next]!, progress)) {
        progress.results.push(true);
        progress.done = true;
      }
      this.#log.length = place;
      this.#cursor = place;
    }
    progress.done = true;
    return progress;
  }

  #enter(): Progress {
    const known = this.#log[this.#cursor];
    const progress = known ?? { next: 0, results: [], done: false };
    if (known === undefined) this.#log.push(progress);
    this.#cursor += 1;
    return progress;
  }

  #look(): void {
    // A signal, not an error: attempt() alone catches it.
    if (this.#advanced && performance.now() > this.#deadline) throw SUSPENDED;
    this.#advanced = true;
  }
}
