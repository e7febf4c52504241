import type { EventRecord } from '../tap/index.ts';

/** Less than this is the clock being kept in time. */
const TOLERANCE_NS = 2_000_000_000n;

export interface Timebase {
  readonly numer: number;
  readonly denom: number;
}

/** Where wall clock and the machine's own time went apart. */
export interface ClockJump {
  /** `sleep`: the wall clock went on alone, as it does while a Mac sleeps, or was set forward. */
  readonly cause: 'sleep' | 'clock set';
  readonly fromMs: number;
  readonly toMs: number;
  /** By how much, in seconds. */
  readonly seconds: number;
}

/**
 * Compares the two clocks that every message bears. mach_time stands still while a Mac sleeps; the wall clock does not,
 * and can be set.
 */
export class ClockWatch {
  #timebase: Timebase | null = null;
  #last: { wallNs: bigint; mach: bigint; timeMs: number } | null = null;

  /** Another life of the tap: its numbers need not go on from the last one's. */
  start(timebase: Timebase | undefined): void {
    this.#timebase = timebase ?? null;
    this.#last = null;
  }

  /** Looks at one record; null where the clocks went together since the last one. */
  read(record: EventRecord): ClockJump | null {
    if (Number.isNaN(record.timeUs) || record.machTime === '0') return null;
    const now = {
      wallNs: BigInt(Math.round(record.timeUs)) * 1_000n,
      mach: BigInt(record.machTime),
      timeMs: Math.floor(record.timeUs / 1_000),
    };
    const last = this.#last;
    this.#last = now;
    if (last === null) return null;
    const wall = now.wallNs - last.wallNs;
    const ticks = now.mach - last.mach;
    this.#timebase ??= inferred(wall, ticks);
    if (this.#timebase === null || ticks < 0n) return null;
    const apart = wall - (ticks * BigInt(this.#timebase.numer)) / BigInt(this.#timebase.denom);
    if (apart <= TOLERANCE_NS && apart >= -TOLERANCE_NS) return null;
    return {
      cause: apart > 0n ? 'sleep' : 'clock set',
      fromMs: Math.min(last.timeMs, now.timeMs),
      toMs: now.timeMs,
      seconds: Math.abs(Number(apart / 1_000_000n)) / 1_000,
    };
  }
}

/** The timebases of Apple's machines: Apple silicon's and Intel's [mach_timebase_info]. */
const KNOWN: readonly Timebase[] = [
  { numer: 125, denom: 3 },
  { numer: 1, denom: 1 },
];

/** That of the known ones which two lines fit, where a capture does not say; null where they are too close to tell. */
function inferred(wall: bigint, ticks: bigint): Timebase | null {
  if (ticks < 1_000_000n || wall < 50_000_000n) return null;
  const fits = KNOWN.filter(({ numer, denom }) => {
    const ratio = Number(wall) / ((Number(ticks) * numer) / denom);
    return ratio > 0.9 && ratio < 1.1;
  });
  return fits.length === 1 ? fits[0]! : null;
}
