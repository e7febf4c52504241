import type { Micros } from './clock.ts';
import type { JoinKey } from './keys.ts';

/** A sequence that has begun. */
export interface Pending<R> {
  readonly events: R[];
  readonly first: Micros;
  last: Micros;
  /** The latest event before the first that a leading `![ ]` takes. */
  readonly leading: Micros | undefined;
  /** A missing event was there: the sequence goes on, for it uses up its events, but is no match. */
  spoiled: boolean;
}

/** The latest events that one `![ ]` takes under a key. */
export class Sightings {
  latest: Micros | undefined;
  /** The latest that was earlier than `latest`: an event must be before another in time, not just in order. */
  previous: Micros | undefined;

  add(time: Micros): void {
    if (time === this.latest) return;
    this.previous = this.latest;
    this.latest = time;
  }

  /** The latest before `time`, which no event was later than. */
  before(time: Micros): Micros | undefined {
    return this.latest === time ? this.previous : this.latest;
  }
}

/** What a sequence keeps for one join key. */
export class KeyState<R> {
  readonly values: JoinKey['values'];
  /** A sequence at each stage but the last; a newer one takes the place of an older one. */
  readonly pending: (Pending<R> | undefined)[];
  /** For each `![ ]` of the query. */
  readonly sightings: readonly Sightings[];
  touched: Micros;

  constructor(values: JoinKey['values'], stages: number, missing: number, now: Micros) {
    this.values = values;
    this.pending = Array.from({ length: Math.max(0, stages - 1) }, () => undefined);
    this.sightings = Array.from({ length: missing }, () => new Sightings());
    this.touched = now;
  }

  get isEmpty(): boolean {
    return (
      this.pending.every((each) => each === undefined) &&
      this.sightings.every((each) => each.latest === undefined)
    );
  }
}
