import { messageOf } from '../../errors.ts';
import {
  StoreBusyError,
  StoreDamagedError,
  StoreError,
  StoreFullError,
  StorePermissionError,
} from '../errors.ts';

/** SQLite's result codes (https://www.sqlite.org/rescode.html) that have an error and a remedy of their own. */
const FAILURES: Record<string, { type: typeof StoreError; what: string; remedy: string }> = {
  SQLITE_BUSY: {
    type: StoreBusyError,
    what: 'is held by another process',
    remedy: 'Try again. If it lasts, find the process that has the file open (lsof).',
  },
  SQLITE_FULL: {
    type: StoreFullError,
    what: 'cannot grow: the volume is full',
    remedy: 'Make room on the volume and start again: nothing that was not stored was reported as stored.',
  },
  SQLITE_NOTADB: {
    type: StoreDamagedError,
    what: 'is not an SQLite database',
    remedy: 'Move the file away; a new database is made at the next start.',
  },
  SQLITE_CORRUPT: {
    type: StoreDamagedError,
    what: 'is damaged',
    remedy: 'Move the file and its -wal and -shm files away together and keep them for a repair.',
  },
  SQLITE_CANTOPEN: {
    type: StorePermissionError,
    what: 'or a file beside it cannot be opened',
    remedy:
      'Check the owner and the mode of the directory and its files, and whether the volume is read-only.',
  },
  SQLITE_READONLY: {
    type: StorePermissionError,
    what: 'cannot be written',
    remedy:
      'Check the owner and the mode of the directory and its files, and whether the volume is read-only.',
  },
};

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}

/** The typed form of what the driver reported for the database at `path`; errors that are typed already pass. */
export function storeErrorOf(thrown: unknown, path: string): Error {
  if (thrown instanceof StoreError || thrown instanceof TypeError) return thrown;
  const known = FAILURES[codeOf(thrown)];
  if (known === undefined) return new StoreError(`${path}: ${messageOf(thrown)}`, { cause: thrown });
  return new known.type(`${path} ${known.what} (${messageOf(thrown)})`, {
    remedy: known.remedy,
    cause: thrown,
  });
}

/** True for what a CHECK, NOT NULL or UNIQUE of the schema refused. */
export function isConstraintFailure(failure: unknown): boolean {
  return failure instanceof StoreError && codeOf(failure.cause) === 'SQLITE_CONSTRAINT';
}
