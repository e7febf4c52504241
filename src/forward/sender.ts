/** Sends batches, settles what came of them, and decides when the destination may be tried again. */
import type { AlertStore, Delivery, DeliveryOutcome } from '../store/alert-store.ts';
import { fullJitter, heldWait, LONGEST_WAIT_MS } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { Destination } from './destination.ts';
import { conditionOf, type ForwarderHealth } from './health.ts';
import { type Attempt, type Round, sendRound, splitByBytes, type Trouble } from './round.ts';

/** Bytes of documents in one request before compression; Elastic's own clients flush at the same size. */
export const MAX_BATCH_BYTES = 5 * 1024 * 1024;

/** The limit that is learnt from 413 does not sink below this, in bytes. */
const MIN_BATCH_BYTES = 64 * 1024;

/**
 * Ceiling of the pause when the destination answers, but takes no document, in milliseconds. Each document has its
 * own longer schedule; this only keeps one that is never taken from holding others back for minutes.
 */
const ITEM_PAUSE_CAP_MS = 30_000;

export class Sender {
  readonly #store: Pick<AlertStore, 'settle'>;
  readonly #destination: Destination;
  readonly #health: ForwarderHealth;
  readonly #clock: Clock;
  #failures = 0;
  #pausedUntilMs: number | null = null;
  #maxBytes = MAX_BATCH_BYTES;

  constructor(
    store: Pick<AlertStore, 'settle'>,
    destination: Destination,
    health: ForwarderHealth,
    clock: Clock,
  ) {
    this.#store = store;
    this.#destination = destination;
    this.#health = health;
    this.#clock = clock;
  }

  /** Milliseconds until the next request may be made; 0: now. */
  pauseLeftMs(): number {
    if (this.#pausedUntilMs === null) return 0;
    const left = this.#pausedUntilMs - this.#clock.now();
    // No pause is so long: the clock was set back since it began.
    if (left > 0 && left <= LONGEST_WAIT_MS) return left;
    this.endPause();
    return 0;
  }

  endPause(): void {
    this.#pausedUntilMs = null;
    this.#health.pauseEnded();
  }

  /** The deliveries in requests of the size that the destination is known to take. */
  split(deliveries: readonly Delivery[]): Delivery[][] {
    return splitByBytes(deliveries, this.#maxBytes);
  }

  /**
   * Sends one batch and settles it.
   * @throws {StoreError} the outcomes could not be written: the documents will be sent again.
   */
  async deliver(batch: Delivery[], signal: AbortSignal): Promise<Round> {
    const round = await sendRound(this.#destination, batch, signal);
    if (round.tooLargeBytes !== null) {
      this.#maxBytes = Math.max(MIN_BATCH_BYTES, Math.floor(round.tooLargeBytes / 2));
    }
    this.#decidePause(round);
    const outcomes = round.attempts.map((attempt) => this.#outcomeOf(attempt, round.trouble));
    if (outcomes.length > 0) await this.#store.settle(this.#destination.name, outcomes);
    this.#health.settled(round, this.#clock.now());
    return round;
  }

  /** The store failed: waits as for a destination that is down, so that a full disk is not met with a busy loop. */
  storeFailed(error: string): void {
    this.#failures += 1;
    const now = this.#clock.now();
    this.#pausedUntilMs = now + fullJitter(this.#failures, this.#clock.random());
    this.#health.troubled('store-failing', error, now, this.#pausedUntilMs);
  }

  /** The store answers and has nothing to send: a trouble with it is over, if there was one. */
  storeAnswered(): void {
    if (this.#health.condition !== 'store-failing') return;
    this.#failures = 0;
    this.#health.resumed();
  }

  #decidePause({ attempts, trouble }: Round): void {
    const now = this.#clock.now();
    const retried = attempts.map(({ outcome }) => outcome).filter((outcome) => outcome.kind === 'retry');
    const held = retried.find((outcome) => outcome.held);
    if (trouble !== null) {
      this.#failures += 1;
      this.#pausedUntilMs = now + this.#waitFor(trouble);
      this.#health.troubled(conditionOf(trouble), trouble.error, now, this.#pausedUntilMs);
    } else if (held !== undefined && retried.length === attempts.length) {
      this.#failures += 1;
      this.#pausedUntilMs = now + heldWait(this.#clock.random());
      this.#health.troubled('unauthorized', held.error, now, this.#pausedUntilMs);
    } else if (retried.length > 0 && retried.length === attempts.length) {
      this.#failures += 1;
      this.#pausedUntilMs = now + fullJitter(this.#failures, this.#clock.random(), ITEM_PAUSE_CAP_MS);
      this.#health.troubled('retrying', retried[0]!.error, now, this.#pausedUntilMs);
    } else if (attempts.length > 0) {
      this.#failures = 0;
      this.#pausedUntilMs = null;
      this.#health.resumed();
    }
  }

  #waitFor(trouble: Trouble): number {
    const random = this.#clock.random();
    if (trouble.kind === 'held') return heldWait(random);
    // The jitter comes on top of Retry-After: everyone was told the same time.
    return (trouble.retryAfterMs ?? 0) + fullJitter(this.#failures, random);
  }

  /** Where others pass, a document that the key has no right to (to another data stream) waits alone. */
  #ownWait(held: boolean, { attempts }: Delivery): number {
    if (!held) return fullJitter(attempts + 1, this.#clock.random());
    return this.#pausedUntilMs === null ? heldWait(this.#clock.random()) : 0;
  }

  #outcomeOf({ delivery, outcome }: Attempt, trouble: Trouble | null): DeliveryOutcome {
    const { number } = delivery;
    const atMs = this.#clock.now();
    if (outcome.kind === 'delivered') {
      return { number, kind: 'delivered', duplicate: outcome.duplicate, atMs };
    }
    if (outcome.kind === 'refused') return { number, kind: 'refused', error: outcome.error, atMs };
    const pauseEnd = this.#pausedUntilMs ?? atMs;
    const ownWait = trouble !== null ? 0 : this.#ownWait(outcome.held, delivery);
    return {
      number,
      kind: 'retry',
      nextAttemptMs: Math.max(pauseEnd, atMs + ownWait),
      error: outcome.error,
      atMs,
    };
  }
}
