/**
 * Brings the alerts of the store, and the documents of its gaps, to one destination.
 *
 * The loop is in one of these states: sending; idle (nothing is due: `notify` or the next due time wakes it); pausing
 * (the destination could not go on: only time ends it, so that new alerts do not hammer a collector that is down).
 * `drain` takes the place of the loop for a while, `stop` ends it. An alert leaves the queue by a settled outcome
 * only: whatever ends the process before that, it is sent again under the same id.
 */
import { messageOf } from '../errors.ts';
import type { AlertStore, Delivery } from '../store/alert-store.ts';
import { LONGEST_WAIT_MS } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Destination } from './destination.ts';
import { ForwarderHealth, type ForwarderState } from './health.ts';
import type { Log } from './log.ts';
import { Sender } from './sender.ts';

/** Documents in one request, and what is held in memory of the queue. */
export const MAX_BATCH_DOCUMENTS = 500;

/** Longest sleep with nothing due, in milliseconds: another process may have changed the queue. */
const IDLE_POLL_MS = 30_000;

/** Documents that may fail one by one in a drain before it ends: each is skipped in every later read of the queue. */
const MAX_DRAIN_RETRIES = 1_000;

export type ForwarderStore = Pick<AlertStore, 'addDestination' | 'due' | 'settle' | 'nextDue' | 'counts'>;

export interface ForwarderOptions {
  log: Log;
  clock?: Clock;
}

export class Forwarder {
  readonly #store: ForwarderStore;
  readonly #destination: Destination;
  readonly #clock: Clock;
  readonly #health: ForwarderHealth;
  readonly #sender: Sender;
  readonly #stopped = new AbortController();
  /** Aborted by the deadline of a drain: ends the request under way. */
  #requests = new AbortController();
  #registered = false;
  #started = false;
  #loop: { done: Promise<void>; end: AbortController } | null = null;
  #draining: Promise<number> | null = null;
  /** Aborted by `notify`; a new one is made before each look at the queue. */
  #notified = new AbortController();

  constructor(store: ForwarderStore, destination: Destination, options: ForwarderOptions) {
    this.#store = store;
    this.#destination = destination;
    this.#clock = options.clock ?? systemClock;
    this.#health = new ForwarderHealth(destination.name, options.log);
    this.#sender = new Sender(store, destination, this.#health, this.#clock);
  }

  /** Makes the destination known to the store and begins to send. Resolves once the store knows it. */
  async start(): Promise<void> {
    await this.#register();
    this.#started = true;
    // A drain under way starts the loop when it ends.
    if (this.#draining === null) this.#launch();
  }

  /** Tells that documents were stored. Cheap; it does not shorten a pause. */
  notify(): void {
    this.#notified.abort();
  }

  /**
   * Tries everything that is pending once, whatever pauses and schedules say. Ends when that is done, when the
   * destination cannot go on, or at the deadline. The loop rests meanwhile and goes on afterwards.
   * @param deadlineMs a point in time: Unix milliseconds by the forwarder's clock.
   * @returns how many documents are left for this destination.
   */
  async drain(deadlineMs: number): Promise<number> {
    await this.#register();
    while (this.#draining !== null) await Promise.allSettled([this.#draining]);
    const draining = this.#drainUntil(deadlineMs);
    this.#draining = draining;
    try {
      return await draining;
    } finally {
      this.#draining = null;
      if (this.#started) this.#launch();
    }
  }

  /** Ends the request under way, the loop and a drain; what has no answer yet stays pending. Final. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop?.done;
    this.#loop = null;
    // A drain that fails tells its own caller.
    await Promise.allSettled([this.#draining]);
    await this.#destination.close();
  }

  state(): ForwarderState {
    return this.#health.state(this.#loop !== null);
  }

  async #register(): Promise<void> {
    if (this.#registered) return;
    await this.#store.addDestination(this.#destination.name);
    this.#registered = true;
  }

  #launch(): void {
    if (this.#stopped.signal.aborted || this.#loop !== null) return;
    const end = new AbortController();
    this.#loop = { done: this.#run(AbortSignal.any([end.signal, this.#stopped.signal])), end };
  }

  async #run(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      const pauseMs = this.#sender.pauseLeftMs();
      if (pauseMs > 0) {
        await this.#clock.sleep(pauseMs, ended);
        continue;
      }
      // Made before the look at the queue, so that a notify during the look is not missed.
      this.#notified = new AbortController();
      const idleMs = await this.#sendDue(ended);
      if (idleMs > 0) await this.#clock.sleep(idleMs, AbortSignal.any([ended, this.#notified.signal]));
    }
  }

  /** Sends what is due. Returns how long to sleep before the next look, in milliseconds. */
  async #sendDue(ended: AbortSignal): Promise<number> {
    try {
      const now = this.#clock.now();
      const batch = await this.#store.due(this.#destination.name, now, MAX_BATCH_DOCUMENTS);
      if (batch.length > 0) {
        await this.#sendAll(batch, ended);
        return 0;
      }
      this.#sender.storeAnswered();
      const next = await this.#store.nextDue(this.#destination.name);
      if (next === null) return IDLE_POLL_MS;
      if (next - now <= LONGEST_WAIT_MS) return Math.min(Math.max(next - now, 1), IDLE_POLL_MS);
      // No schedule reaches so far ahead: it was made before the clock was set back.
      await this.#sendAll(await this.#store.due(this.#destination.name, next, MAX_BATCH_DOCUMENTS), ended);
    } catch (failure) {
      this.#sender.storeFailed(messageOf(failure));
    }
    return 0;
  }

  async #sendAll(deliveries: readonly Delivery[], ended: AbortSignal): Promise<void> {
    for (const batch of this.#sender.split(deliveries)) {
      if (ended.aborted || this.#sender.pauseLeftMs() > 0) return;
      // The end of the loop does not cut a request off: a drain would send the same documents again.
      await this.#sender.deliver(batch, this.#requestSignal());
    }
  }

  async #drainUntil(deadlineMs: number): Promise<number> {
    const done = new AbortController();
    const requests = this.#requests;
    const deadline = this.#clock.sleep(deadlineMs - this.#clock.now(), done.signal).then(() => {
      if (!done.signal.aborted) requests.abort();
    });
    try {
      this.#loop?.end.abort();
      await this.#loop?.done;
      this.#loop = null;
      this.#sender.endPause();
      await this.#drainAll();
    } finally {
      done.abort();
      await deadline;
      this.#requests = new AbortController();
    }
    const { destinations } = await this.#store.counts();
    return destinations.find(({ name }) => name === this.#destination.name)?.pending ?? 0;
  }

  async #drainAll(): Promise<void> {
    const failed = new Set<number>();
    while (!this.#requestSignal().aborted && failed.size <= MAX_DRAIN_RETRIES) {
      const limit = MAX_BATCH_DOCUMENTS + failed.size;
      const due = await this.#store.due(this.#destination.name, Number.MAX_SAFE_INTEGER, limit);
      const untried = due.filter(({ number }) => !failed.has(number));
      if (untried.length === 0) return;
      for (const batch of this.#sender.split(untried)) {
        const { attempts, trouble } = await this.#sender.deliver(batch, this.#requestSignal());
        if (trouble !== null || attempts.length === 0) return;
        for (const { delivery, outcome } of attempts) {
          if (outcome.kind === 'retry') failed.add(delivery.number);
        }
      }
    }
  }

  #requestSignal(): AbortSignal {
    return AbortSignal.any([this.#requests.signal, this.#stopped.signal]);
  }
}
