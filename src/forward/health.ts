/** What a forwarder knows about itself, and the log lines about it: each trouble is told once, and its end too. */
import type { Log } from './log.ts';
import type { Round, Trouble } from './round.ts';

export type ForwarderCondition =
  | 'ok'
  /** Down, overloaded or answering nonsense; it is tried again by itself. */
  | 'retrying'
  /** 401 or 403: nothing passes until the key or its rights are changed. */
  | 'unauthorized'
  /** Nothing passes until the configuration here or there is changed. */
  | 'misconfigured'
  /** The local store does not answer. */
  | 'store-failing';

export interface ForwarderState {
  name: string;
  running: boolean;
  condition: ForwarderCondition;
  /** No request is made before this time (Unix milliseconds); null: no pause. */
  pausedUntilMs: number | null;
  /** Since this process started. `delivered` has the duplicates and the failure store in it. */
  delivered: number;
  duplicates: number;
  /** Accepted, but put aside by the collector in its failure store. */
  failureStore: number;
  refused: number;
  /** Troubles in a row. */
  failures: number;
  lastError: string | null;
  lastErrorMs: number | null;
  lastDeliveredMs: number | null;
}

type Counter = 'delivered' | 'duplicates' | 'failureStore' | 'refused';

export class ForwarderHealth {
  readonly #log: Log;
  readonly #state: ForwarderState;

  constructor(name: string, log: Log) {
    this.#log = log;
    this.#state = {
      name,
      running: false,
      condition: 'ok',
      pausedUntilMs: null,
      delivered: 0,
      duplicates: 0,
      failureStore: 0,
      refused: 0,
      failures: 0,
      lastError: null,
      lastErrorMs: null,
      lastDeliveredMs: null,
    };
  }

  get condition(): ForwarderCondition {
    return this.#state.condition;
  }

  state(running: boolean): ForwarderState {
    return { ...this.#state, running };
  }

  /** Counts what came of a round and tells of documents that will not be searchable at the collector. */
  settled(round: Round, nowMs: number): void {
    let refusal: string | null = null;
    let refused = 0;
    let aside = 0;
    for (const { outcome } of round.attempts) {
      if (outcome.kind === 'refused') {
        refused += 1;
        refusal ??= outcome.error;
      } else if (outcome.kind === 'delivered') {
        this.#add('delivered', 1);
        this.#state.lastDeliveredMs = nowMs;
        if (outcome.duplicate) this.#add('duplicates', 1);
        if (outcome.failureStore) aside += 1;
      }
    }
    this.#add('refused', refused);
    this.#add('failureStore', aside);
    if (refusal !== null) {
      this.#error(refusal, nowMs);
      this.#log.warn('Documents were refused for good and are kept aside', {
        destination: this.#state.name,
        count: refused,
        first: refusal,
      });
    }
    if (aside > 0) {
      this.#log.warn('Documents were accepted, but the collector put them into its failure store', {
        destination: this.#state.name,
        count: aside,
      });
    }
  }

  /** A trouble that pauses the forwarder. */
  troubled(condition: ForwarderCondition, error: string, nowMs: number, pausedUntilMs: number): void {
    const fields = { destination: this.#state.name, condition, error, nextAttemptMs: pausedUntilMs };
    if (this.#state.condition === condition) this.#log.debug('Sending failed again', fields);
    else this.#log.warn('Sending failed; documents are kept', fields);
    this.#error(error, nowMs);
    this.#state.condition = condition;
    this.#state.failures += 1;
    this.#state.pausedUntilMs = pausedUntilMs;
  }

  resumed(): void {
    if (this.#state.condition !== 'ok') {
      const { name, failures } = this.#state;
      this.#log.info('Sending works again', { destination: name, failures });
    }
    this.#state.condition = 'ok';
    this.#state.failures = 0;
    this.#state.pausedUntilMs = null;
  }

  pauseEnded(): void {
    this.#state.pausedUntilMs = null;
  }

  #add(counter: Counter, count: number): void {
    this.#state[counter] += count;
  }

  #error(error: string, nowMs: number): void {
    this.#state.lastError = error;
    this.#state.lastErrorMs = nowMs;
  }
}

/** The condition that a destination's trouble puts the forwarder into. */
export function conditionOf(trouble: Trouble): ForwarderCondition {
  return trouble.kind === 'held' ? trouble.reason : 'retrying';
}
