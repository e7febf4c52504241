/** Stand-ins for time and for a destination, for tests of schedules that take minutes in life. */

import { type Clock, systemClock } from '../../src/forward/clock.ts';
import type { Destination, OutgoingDocument, SendResult } from '../../src/forward/destination.ts';

interface Sleeper {
  atMs: number;
  wake: () => void;
}

/** A clock that moves only when told to. */
export class VirtualClock implements Clock {
  chance = 0.5;
  #nowMs = Date.UTC(2026, 10, 24, 12);
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return this.#nowMs;
  }

  random(): number {
    return this.chance;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { atMs: this.#nowMs + ms, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', wake);
    });
  }

  /** Moves on (or back) and wakes whoever slept until then. */
  advance(ms: number): void {
    this.#nowMs += ms;
    for (const { wake } of [...this.#sleepers].filter(({ atMs }) => atMs <= this.#nowMs)) wake();
  }

  /** When the next sleeper wakes, in milliseconds from now; null: nobody sleeps. */
  get nextMs(): number | null {
    const times = [...this.#sleepers].map(({ atMs }) => atMs - this.#nowMs);
    return times.length === 0 ? null : Math.min(...times);
  }
}

/** Real time, with backoffs of a hundredth: an outage of a second in a test has many tries in it. */
export const hastyClock: Clock = { ...systemClock, random: () => 0.01 };

/** A destination that answers as a function says, and keeps what it was sent. */
export class ScriptedDestination implements Destination {
  readonly name: string;
  readonly sent: string[][] = [];
  answer: (batch: readonly OutgoingDocument[]) => SendResult | Promise<SendResult>;

  constructor(answer: ScriptedDestination['answer'] = allTaken, name = 'soc') {
    this.answer = answer;
    this.name = name;
  }

  async send(batch: readonly OutgoingDocument[], signal: AbortSignal): Promise<SendResult> {
    this.sent.push(batch.map(({ id }) => id));
    return new Promise((resolve, reject) => {
      const abort = (): void => resolve({ kind: 'aborted' });
      signal.addEventListener('abort', abort);
      Promise.resolve(this.answer(batch))
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', abort));
    });
  }

  async close(): Promise<void> {}
}

export function allTaken(batch: readonly OutgoingDocument[]): SendResult {
  return {
    kind: 'answered',
    outcomes: batch.map(() => ({ kind: 'delivered', duplicate: false, failureStore: false })),
  };
}

/** Answers that take documents except those for which `fails` gives an outcome. */
export function takenExcept(
  fails: (id: string) => 'retry' | 'refused' | 'held' | null,
): ScriptedDestination['answer'] {
  return (batch) => ({
    kind: 'answered',
    outcomes: batch.map(({ id }) => {
      const how = fails(id);
      if (how === null) return { kind: 'delivered', duplicate: false, failureStore: false };
      if (how === 'refused') return { kind: 'refused', error: '400 bad' };
      return { kind: 'retry', error: how === 'held' ? '403 no right' : '503 busy', held: how === 'held' };
    }),
  });
}

/** An answer that never comes. */
export function never(): Promise<SendResult> {
  return new Promise(() => {});
}
