import type { Duration, TimeUnit } from './tree.ts';

/** Microseconds since the epoch: what a double holds exactly for the next 200 years. */
export type Micros = number;

const MICROS_PER_MILLI = 1000;

export function microsOf(milliseconds: number): Micros {
  return Math.round(milliseconds * MICROS_PER_MILLI);
}

/**
 * The time of a stream. It runs by the events, whose order is that of their arrival: one that is older than
 * the one before it counts as simultaneous with it, unless it is older by more than a span can be. Then the
 * clock that stamps the events was set back, and how far apart events before and after are, nobody knows.
 */
export class StreamClock {
  /** Undefined until the first event with a time. */
  now: Micros | undefined;
  /** Events that were older than the one before. */
  late = 0;
  readonly #span: Micros;

  constructor(span: Micros) {
    this.#span = span;
  }

  /** Takes the time of the next event; one without a time is simultaneous with the one before. */
  tick(time: Micros | undefined): 'forward' | 'set back' {
    if (time === undefined) return 'forward';
    if (this.now === undefined || time >= this.now) {
      this.now = time;
      return 'forward';
    }
    this.late += 1;
    if (this.now - time <= this.#span) return 'forward';
    this.now = time;
    return 'set back';
  }

  /** Moves on where no event does; never back. */
  advance(time: Micros): void {
    if (this.now === undefined || time > this.now) this.now = time;
  }
}

const MICROS_PER_UNIT: Readonly<Record<TimeUnit, Micros>> = {
  ms: 1000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};

/** The length of a span as it is written in a query. */
export function microsOfDuration({ count, unit }: Duration): Micros {
  return count * MICROS_PER_UNIT[unit];
}
