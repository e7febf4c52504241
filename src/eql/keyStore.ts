import { PENDING_BYTES, type StateBudget } from './budget.ts';
import type { Micros } from './clock.ts';
import type { Counters } from './counters.ts';
import type { JoinKey } from './keys.ts';
import { KeyState, type Pending } from './pending.ts';

export interface StateBounds<R> {
  /** Join keys for which something is open at a time; the least recently used ones go first. */
  readonly maxKeys: number;
  readonly budget: StateBudget | undefined;
  /** What a record takes in memory, in bytes. */
  sizeOf(record: R): number;
}

/** What one sequence query keeps for its join keys, within its bounds, in the order of their last use. */
export class KeyStore<R> {
  readonly #stages: number;
  readonly #missing: number;
  readonly #maxSpan: Micros | undefined;
  readonly #bounds: StateBounds<R>;
  readonly #counters: Counters;
  readonly #states = new Map<JoinKey['id'], KeyState<R>>();

  /** For a plan with so many stages and `![ ]`. What a bound cuts is counted in `counters`. */
  constructor(
    stages: number,
    missing: number,
    maxSpan: Micros | undefined,
    bounds: StateBounds<R>,
    counters: Counters,
  ) {
    this.#stages = stages;
    this.#missing = missing;
    this.#maxSpan = maxSpan;
    this.#bounds = bounds;
    this.#counters = counters;
  }

  get(id: JoinKey['id']): KeyState<R> | undefined {
    return this.#states.get(id);
  }

  entries(): Iterable<[JoinKey['id'], KeyState<R>]> {
    return this.#states;
  }

  states(): Iterable<KeyState<R>> {
    return this.#states.values();
  }

  /** Puts an open sequence at a stage, in place of the one that is there. */
  keep(stage: number, key: JoinKey, pending: Pending<R>, now: Micros): void {
    if (!this.takeBytes(pending)) return;
    const state = this.touch(key, now);
    const replaced = state.pending[stage];
    if (replaced !== undefined) this.release(replaced);
    state.pending[stage] = pending;
  }

  /** The state of a key, as the one that was used last; makes room for a new one. */
  touch(key: JoinKey, now: Micros): KeyState<R> {
    const known = this.#states.get(key.id);
    if (known !== undefined) this.#states.delete(key.id);
    else if (this.#states.size >= this.#bounds.maxKeys) this.#evictOldest();
    const state = known ?? new KeyState<R>(key.values, this.#stages, this.#missing, now);
    state.touched = now;
    this.#states.set(key.id, state);
    return state;
  }

  #evictOldest(): boolean {
    for (const [id, state] of this.#states) {
      this.drop(id, state);
      this.#counters.droppedKeys += 1;
      return true;
    }
    return false;
  }

  /** Forgets a key that keeps nothing. */
  delete(id: JoinKey['id']): void {
    this.#states.delete(id);
  }

  /** Forgets a key and what is open for it. */
  drop(id: JoinKey['id'], state: KeyState<R>): void {
    for (const pending of state.pending) if (pending !== undefined) this.release(pending);
    this.#states.delete(id);
  }

  /** Forgets keys whose sequences can no longer end within the span, or that keep nothing. */
  expire(now: Micros): void {
    for (const [id, state] of this.#states) {
      const over = this.#maxSpan !== undefined && now - state.touched > this.#maxSpan;
      if (!over && !state.isEmpty) return;
      this.drop(id, state);
    }
  }

  /** Makes room by giving up this query's oldest keys; false, and counted, where even that is not enough. */
  takeBytes(pending: Pending<R>): boolean {
    const { budget } = this.#bounds;
    if (budget === undefined) return true;
    const bytes = this.#bytesOf(pending);
    while (!budget.take(bytes)) {
      if (this.#evictOldest()) continue;
      this.#counters.droppedKeys += 1;
      return false;
    }
    return true;
  }

  release(pending: Pending<R>): void {
    this.#bounds.budget?.release(this.#bytesOf(pending));
  }

  #bytesOf(pending: Pending<R>): number {
    return pending.events.reduce((sum, event) => sum + this.#bounds.sizeOf(event), PENDING_BYTES);
  }
}
