import type { Micros } from './clock.ts';
import type { JoinKey } from './keys.ts';
import type { Pending } from './pending.ts';

/** A complete sequence that a trailing `![ ]` can still undo. */
export interface Candidate<R> {
  readonly key: JoinKey;
  readonly pending: Pending<R>;
  /** The last moment at which a missing event would undo it. */
  readonly deadline: Micros;
}

/** Candidates until time decides on them. */
export class WaitingRoom<R> {
  /** In the order of their deadlines, equal ones in the order of arrival. */
  readonly #queue: Candidate<R>[] = [];
  readonly #byKey = new Map<JoinKey['id'], Set<Candidate<R>>>();

  get size(): number {
    return this.#queue.length;
  }

  add(candidate: Candidate<R>): void {
    let [low, high] = [0, this.#queue.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#queue[middle]!.deadline <= candidate.deadline) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, candidate);
    const sameKey = this.#byKey.get(candidate.key.id);
    if (sameKey === undefined) this.#byKey.set(candidate.key.id, new Set([candidate]));
    else sameKey.add(candidate);
  }

  /** Takes out those whose deadline has passed, in the order of their deadlines. */
  takeDue(now: Micros): Candidate<R>[] {
    let due = 0;
    while (due < this.#queue.length && this.#queue[due]!.deadline < now) due += 1;
    return this.#takeFirst(due);
  }

  all(): readonly Candidate<R>[] {
    return this.#queue;
  }

  takeAll(): Candidate<R>[] {
    return this.#takeFirst(this.#queue.length);
  }

  /** Takes out the one whose deadline is next. */
  takeNext(): Candidate<R> | undefined {
    return this.#takeFirst(1)[0];
  }

  #takeFirst(count: number): Candidate<R>[] {
    if (count === 0) return [];
    const taken = this.#queue.splice(0, count);
    for (const candidate of taken) this.#forget(candidate);
    return taken;
  }

  #forget(candidate: Candidate<R>): void {
    const sameKey = this.#byKey.get(candidate.key.id);
    sameKey?.delete(candidate);
    if (sameKey?.size === 0) this.#byKey.delete(candidate.key.id);
  }

  /** A missing event has occurred: those of its key that ended before it are no matches. */
  undo(key: JoinKey, time: Micros): Candidate<R>[] {
    const undone = [...(this.#byKey.get(key.id) ?? [])].filter(({ pending }) => pending.last < time);
    for (const candidate of undone) {
      this.#forget(candidate);
      this.#queue.splice(this.#queue.indexOf(candidate), 1);
    }
    return undone;
  }
}
