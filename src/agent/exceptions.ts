import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  ExceptionError,
  type ExceptionEvaluation,
  ExceptionSet,
  exceptionId,
  type Finding,
} from '../rules/index.ts';
import type { AlertStore, ExceptionHits, NewException, StoredException } from '../store/index.ts';
import type { Log } from './log.ts';

type Store = Pick<AlertStore, 'exceptions' | 'addException' | 'removeException' | 'countExceptionHits'>;

/** Characters of a reason: a person reads it in a list. */
export const MAX_REASON = 1_024;
/** Characters of the id of a rule. */
export const MAX_RULE_ID = 256;

/** Conditions compiled before others get their turn: some 10 ms. A thousand in one piece take 230. */
const COMPILED_AT_ONCE = 40;

/** What a person says of an exception. */
export type AskedException = Omit<NewException, 'id'>;

/**
 * Adds an exception to the store. The same one again, with another reason or end, takes the former's place.
 *
 * @throws ExceptionError where its condition cannot be used
 */
export function addException(
  store: Pick<Store, 'addException'>,
  asked: AskedException,
): ReturnType<Store['addException']> {
  return store.addException({ ...asked, id: exceptionId(asked) });
}

/**
 * The exceptions of a running agent. What they hit is kept here and written down with the run's sign of life, so an
 * agent that is killed loses the count of some seconds and nothing else.
 */
export class Exceptions {
  readonly #store: Store;
  readonly #log: Log;
  #set = new ExceptionSet<StoredException>();
  #taking: Promise<void> = Promise.resolve();
  /** By number, what is not written down yet. */
  #hits = new Map<number, ExceptionHits>();

  private constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** Takes up the exceptions that stand in the store. */
  static async load(store: Store, log: Log): Promise<Exceptions> {
    const exceptions = new Exceptions(store, log);
    await exceptions.#take();
    return exceptions;
  }

  /** Begins to ask which exceptions cover a finding. */
  start(finding: Finding, timeMs: number): ExceptionEvaluation<StoredException> {
    return this.#set.start(finding, timeMs);
  }

  /** Counts a finding that made no alert to those that covered it. */
  count(covering: readonly StoredException[], { timeMs }: Finding): void {
    for (const { number } of covering) this.#count({ number, hits: 1, lastHitMs: timeMs });
  }

  #count({ number, hits, lastHitMs }: ExceptionHits): void {
    const before = this.#hits.get(number) ?? { hits: 0, lastHitMs };
    this.#hits.set(number, {
      number,
      hits: before.hits + hits,
      lastHitMs: Math.max(before.lastHitMs, lastHitMs),
    });
  }

  /** Those that stand, or with `all` every one that ever did, with what they have hit up to now. */
  async list(which: 'standing' | 'all'): Promise<StoredException[]> {
    await this.keep();
    return this.#store.exceptions(which);
  }

  /** In force from the next finding on. @throws ExceptionError, TooManyExceptionsError */
  async add(asked: AskedException): ReturnType<Store['addException']> {
    const added = await addException(this.#store, asked);
    const { id, ruleId, expiresMs } = added.exception;
    if (added.changed) this.#log.info('exception added', { exception: id, rule: ruleId, expiresMs });
    await this.#take();
    return added;
  }

  /** Out of force from the next finding on. @throws UnknownExceptionError */
  async remove(id: string, by: number): Promise<StoredException> {
    await this.keep();
    const removed = await this.#store.removeException(id, Date.now(), by);
    await this.#take();
    return removed;
  }

  /** Writes down what was hit. */
  async keep(): Promise<void> {
    const hits = [...this.#hits.values()];
    if (hits.length === 0) return;
    this.#hits = new Map();
    try {
      await this.#store.countExceptionHits(hits);
    } catch (error) {
      for (const each of hits) this.#count(each);
      throw error;
    }
  }

  /** One after another, so that what stands last is what is used. */
  #take(): Promise<void> {
    const taking = this.#taking.then(() => this.#compile());
    this.#taking = taking.catch(() => undefined);
    return taking;
  }

  async #compile(): Promise<void> {
    const set = new ExceptionSet<StoredException>();
    for (const [at, exception] of (await this.#store.exceptions()).entries()) {
      if (at % COMPILED_AT_ONCE === COMPILED_AT_ONCE - 1) await nextTurn();
      try {
        set.add(exception);
      } catch (error) {
        if (!(error instanceof ExceptionError)) throw error;
        const fields = { exception: exception.id, problem: error.message };
        this.#log.warn('an exception cannot be used and covers nothing', fields);
      }
    }
    this.#set = set;
  }
}
