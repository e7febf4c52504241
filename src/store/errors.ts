import { ExectapError } from '../errors.ts';

/** Base of everything the store throws. */
export class StoreError extends ExectapError {}

/** There is no database where one was expected. */
export class StoreMissingError extends StoreError {}

/** The database was written by a newer exectap. It was not touched. */
export class StoreTooNewError extends StoreError {}

/** The database is from an older exectap and cannot be brought forward while it is open for reading only. */
export class StoreOutdatedError extends StoreError {}

/** The file is no database, not one of ours, or damaged. It was not touched. */
export class StoreDamagedError extends StoreError {}

/** The directory or a file belongs to somebody else or can be written by others. */
export class StorePermissionError extends StoreError {}

/** Another process held the database for longer than the busy timeout. */
export class StoreBusyError extends StoreError {}

/** Another agent works on this state. */
export class StateLockedError extends StoreError {}

/** No room on the volume. */
export class StoreFullError extends StoreError {}

/** A write was asked of a store that is open for reading only. */
export class StoreReadOnlyError extends StoreError {}

/** The store was closed before the call. */
export class StoreClosedError extends StoreError {}

/** An alert does not have the shape of `NewAlert`. */
export class InvalidAlertError extends StoreError {}

/** Several alerts fit what was asked for; `candidates` has some of their ids. */
export class AmbiguousIdError extends StoreError {
  readonly candidates: readonly string[];

  constructor(asked: string, candidates: readonly string[]) {
    super(`'${asked}' fits several alerts: ${candidates.join(', ')}`, {
      remedy: 'Give more characters of the id.',
    });
    this.candidates = candidates;
  }
}

/** No alert has this id. */
export class UnknownAlertError extends StoreError {}

/** A destination was never added. */
export class UnknownDestinationError extends StoreError {}

/** No run has this number. */
export class UnknownRunError extends StoreError {}

/** No exception with this id stands. */
export class UnknownExceptionError extends StoreError {}

/** As many exceptions stand as may. */
export class TooManyExceptionsError extends StoreError {}
