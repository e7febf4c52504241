/** What the agent keeps of exceptions: conditions under which a finding of a rule makes no alert. */

export interface NewException {
  /** Hash of the rule and the condition: the same one added again is one. */
  id: string;
  /** Null: of every rule. */
  ruleId: string | null;
  /** EQL, as it stands behind `process where`. */
  where: string;
  reason: string;
  createdMs: number;
  /** User id of who added it. */
  createdBy: number;
  /** Null: it was asked to have no end. */
  expiresMs: number | null;
}

/** An exception as it was added. One that is added anew or removed stays as a row with the time of its end. */
export interface StoredException extends NewException {
  /** Rises, and is never given to another one. */
  number: number;
  /** Null: it stands. It may have expired all the same. */
  removedMs: number | null;
  removedBy: number | null;
  /** Findings that it has kept from becoming alerts. */
  hits: number;
  /** When the last of them happened, by the time of its event. */
  lastHitMs: number | null;
}

export interface ExceptionHits {
  /** `StoredException.number`. */
  number: number;
  hits: number;
  lastHitMs: number;
}

/**
 * Exceptions that may stand at once, those included that have expired and were not removed. A person keeps account of
 * some dozens; each is a condition that may have to be evaluated on what a rule finds.
 */
export const MAX_EXCEPTIONS = 1_000;

export interface ExceptionStore {
  /** Those that stand, in the order in which they were added; `all` has those too that were removed or renewed. */
  exceptions(which?: 'standing' | 'all'): Promise<StoredException[]>;

  /**
   * Adds an exception. One with the same id that says something else of its reason or end takes the place of the
   * former; one that says the same is left alone. Gives the one that stands now, and whether anything changed.
   * `TooManyExceptionsError`.
   */
  addException(exception: NewException): Promise<{ exception: StoredException; changed: boolean }>;

  /** Ends the exception with this id and gives it as it is then. `UnknownExceptionError`. */
  removeException(id: string, atMs: number, by: number): Promise<StoredException>;

  /** Adds to what exceptions have hit, all or none; to one that was removed meanwhile too. */
  countExceptionHits(hits: readonly ExceptionHits[]): Promise<void>;
}
