import { setTimeout as timer } from 'node:timers/promises';

/** Time and chance, so that tests can own them. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** In [0, 1). */
  random(): number;
  /** Resolves after `ms`, or as soon as the signal is aborted; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** setTimeout fires at once for anything longer (24.8 days), in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  async sleep(ms, signal) {
    if (signal.aborted) return;
    try {
      await timer(Math.min(Math.max(ms, 0), MAX_TIMER_MS), undefined, { signal });
    } catch (failure) {
      if (!signal.aborted) throw failure;
    }
  },
};
