/**
 * One SQLite connection through the `sqlite3` driver. Statements run on libuv's threads, never on the event loop,
 * and strictly one after another: the driver does not keep the order of parallel calls by itself.
 */
import sqlite3 from 'sqlite3';
import { StoreClosedError } from '../errors.ts';
import { bind, type SqlValue } from './bind.ts';
import { storeErrorOf } from './failures.ts';

/**
 * How long a statement waits for another process's write lock, in milliseconds. Writes of this program are single
 * statements of some milliseconds; a command line must not hang longer than this on a busy database.
 */
export const BUSY_TIMEOUT_MS = 2_000;

/** What the store needs from a driver. A statement is atomic by itself: no transaction spans two calls. */
export interface Connection {
  /** Runs one statement; resolves once it is committed. */
  run(sql: string, values?: readonly SqlValue[]): Promise<{ changes: number; lastId: number }>;
  /** Runs one statement and reads its rows. */
  all<Row>(sql: string, values?: readonly SqlValue[]): Promise<Row[]>;
  /** Runs a script of several statements. */
  exec(script: string): Promise<void>;
  /** Waits for what was begun, then closes. */
  close(): Promise<void>;
}

class Sqlite3Connection implements Connection {
  readonly #database: sqlite3.Database;
  readonly #path: string;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(database: sqlite3.Database, path: string) {
    this.#database = database;
    this.#path = path;
  }

  run(sql: string, values: readonly SqlValue[] = []): Promise<{ changes: number; lastId: number }> {
    return this.#enqueue((resolve, reject) => {
      this.#database.run(sql, bind(values), function (this: sqlite3.RunResult, error) {
        if (error) reject(error);
        else resolve({ changes: this.changes, lastId: this.lastID });
      });
    });
  }

  all<Row>(sql: string, values: readonly SqlValue[] = []): Promise<Row[]> {
    return this.#enqueue((resolve, reject) => {
      this.#database.all<Row>(sql, bind(values), (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  }

  exec(script: string): Promise<void> {
    return this.#enqueue((resolve, reject) => {
      this.#database.exec(script, (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): Promise<void> {
    if (this.#closed) return this.#tail.then(() => undefined);
    const closing = this.#enqueue<void>((resolve, reject) => {
      this.#database.close((error) => (error ? reject(error) : resolve()));
    });
    this.#closed = true;
    return closing;
  }

  #enqueue<T>(start: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreClosedError('The store is closed.'));
    const result = this.#tail
      .then(() => new Promise<T>(start))
      .catch((thrown: unknown) => {
        throw storeErrorOf(thrown, this.#path);
      });
    // The caller gets the failure; the next statement in the queue only needs to know that this one is over.
    this.#tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

/**
 * Opens the database file; it is not created if it is missing.
 * @throws {StoreError} in the form of `storeErrorOf`.
 */
export async function connect(
  path: string,
  options: { readOnly: boolean; busyMs?: number | undefined },
): Promise<Connection> {
  const mode = options.readOnly ? sqlite3.OPEN_READONLY : sqlite3.OPEN_READWRITE;
  const database = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened: sqlite3.Database = new sqlite3.Database(path, mode, (error: Error | null) =>
      error ? reject(storeErrorOf(error, path)) : resolve(opened),
    );
  });
  database.configure('busyTimeout', options.busyMs ?? BUSY_TIMEOUT_MS);
  return new Sqlite3Connection(database, path);
}
