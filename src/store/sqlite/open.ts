import { setTimeout as sleep } from 'node:timers/promises';
import type { AlertStore } from '../alert-store.ts';
import { StoreBusyError, StoreError, StoreOutdatedError } from '../errors.ts';
import { SqliteAlertStore } from './alert-store.ts';
import { BUSY_TIMEOUT_MS, type Connection, connect } from './connection.ts';
import { prepareFiles, tightenFiles } from './files.ts';
import { migrate, SCHEMA_VERSION, schemaVersionOf } from './migrations.ts';

/** Size that the log is cut back to after a checkpoint, in bytes: a burst must not keep its disk space for ever. */
const MAX_IDLE_LOG_BYTES = 16 * 1024 * 1024;

/**
 * synchronous=FULL flushes the log at every commit (NORMAL would lose the last ones with the power). fullfsync: on
 * macOS a plain fsync leaves the data in the drive's cache (fsync(2) there); elsewhere the pragmas do nothing.
 * temp_store=MEMORY: sorting must not leave command lines in a temporary file.
 */
const WRITER_PRAGMAS = `
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA checkpoint_fullfsync = ON;
PRAGMA foreign_keys = ON;
PRAGMA journal_size_limit = ${MAX_IDLE_LOG_BYTES};
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF;
`;

const READER_PRAGMAS = 'PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;';

/** Between two tries of a switch to WAL that met another process doing the same, in milliseconds. */
const WAL_RETRY_MS = 20;

export interface OpenOptions {
  readOnly?: boolean;
  /** Make the directory and the database if they are missing. Default: true, and false with `readOnly`. */
  createIfMissing?: boolean;
  /** How long a statement waits for another process's lock, in milliseconds; `BUSY_TIMEOUT_MS` if left out. */
  busyMs?: number;
}

/** The switch to WAL does not wait for locks as statements do, so two processes at their first start may collide. */
async function switchToWal(connection: Connection, path: string): Promise<void> {
  const giveUpAt = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      const [row] = await connection.all<{ journal_mode: string }>('PRAGMA journal_mode = WAL');
      if (row?.journal_mode === 'wal') return;
      throw new StoreError(`${path} cannot use a write-ahead log (journal mode ${row?.journal_mode}).`, {
        remedy: 'Put the store on a local volume: network volumes have no shared memory.',
      });
    } catch (failure) {
      if (!(failure instanceof StoreBusyError) || performance.now() > giveUpAt) throw failure;
      await sleep(WAL_RETRY_MS);
    }
  }
}

async function openWriter(path: string, busyMs: number | undefined): Promise<Connection> {
  const writer = await connect(path, { readOnly: false, busyMs });
  try {
    await switchToWal(writer, path);
    await writer.exec(WRITER_PRAGMAS);
    await migrate(writer, path);
    return writer;
  } catch (failure) {
    await writer.close();
    throw failure;
  }
}

/** A database that this program may not touch is found here, by a connection that cannot write. */
async function openReader(
  path: string,
  mustBeCurrent: boolean,
  busyMs: number | undefined,
): Promise<Connection> {
  const reader = await connect(path, { readOnly: true, busyMs });
  try {
    await reader.exec(READER_PRAGMAS);
    const version = await schemaVersionOf(reader, path);
    if (mustBeCurrent && version < SCHEMA_VERSION) {
      throw new StoreOutdatedError(
        `${path} has schema version ${version}; this exectap needs ${SCHEMA_VERSION}.`,
        {
          remedy: 'Start the agent once: it brings the database forward.',
        },
      );
    }
    return reader;
  } catch (failure) {
    await reader.close();
    throw failure;
  }
}

/**
 * Opens the store in `directory` (file `exectap.db`, with `-wal` and `-shm` beside it).
 *
 * Modes: a new directory is 0700, the files are 0600 whatever the umask. An existing directory that others can
 * write is refused; one that others can read is made 0700 if it is empty or holds the database, else refused.
 * With `readOnly` nothing is changed.
 *
 * @throws {StoreMissingError} nothing there and it was not to be made.
 * @throws {StorePermissionError} owner or mode of the directory or the files.
 * @throws {StoreDamagedError | StoreTooNewError | StoreOutdatedError} the file is left as it was.
 */
export async function openSqliteStore(directory: string, options: OpenOptions = {}): Promise<AlertStore> {
  const readOnly = options.readOnly ?? false;
  const create = !readOnly && (options.createIfMissing ?? true);
  const path = await prepareFiles(directory, create);
  if (!readOnly) await tightenFiles(path);
  const reader = await openReader(path, readOnly, options.busyMs);
  if (readOnly) return new SqliteAlertStore(path, reader, null);
  try {
    return new SqliteAlertStore(path, reader, await openWriter(path, options.busyMs));
  } catch (failure) {
    await reader.close();
    throw failure;
  }
}
