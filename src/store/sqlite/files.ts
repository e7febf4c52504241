/**
 * The directory and the files of the database: who may own them, their modes, and what can be told of a file
 * before SQLite is let near it.
 */
import { constants } from 'node:fs';
import { chmod, mkdir, open, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '../../errors.ts';
import { StoreDamagedError, StoreMissingError, StorePermissionError } from '../errors.ts';

export const DATABASE_FILE = 'exectap.db';

/** The directory is for the agent's user alone: alerts hold command lines of every user of the host. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** First bytes of every SQLite database (https://www.sqlite.org/fileformat.html, "The Database Header"). */
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');

const SIDE_FILES = ['', '-wal', '-shm'];

interface FileFacts {
  mode: number;
  uid: number;
  size: number;
  isFile: boolean;
  isDirectory: boolean;
}

async function factsOf(path: string): Promise<FileFacts | null> {
  try {
    const found = await stat(path);
    return {
      mode: found.mode & 0o7777,
      uid: found.uid,
      size: found.size,
      isFile: found.isFile(),
      isDirectory: found.isDirectory(),
    };
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new StorePermissionError(`${path} cannot be looked at: ${(failure as Error).message}`, {
      remedy: 'Check the owner and the modes of the directories above it.',
      cause: failure,
    });
  }
}

/** The user that files are made as; -1 where there are no users, which no file has. */
function ownUid(): number {
  return process.geteuid?.() ?? -1;
}

function mayChange(facts: FileFacts): boolean {
  return ownUid() === 0 || facts.uid === ownUid();
}

function checkDirectory(directory: string, facts: FileFacts): void {
  if (!facts.isDirectory) {
    throw new StorePermissionError(`${directory} is not a directory.`, {
      remedy: 'Name a directory for the store.',
    });
  }
  if ((facts.mode & 0o022) !== 0) {
    const mode = facts.mode.toString(8);
    throw new StorePermissionError(`${directory} can be written by other users (mode ${mode}).`, {
      remedy: `Others could put a database of their own there. Give exectap a directory of its own: chmod 700 '${directory}'`,
    });
  }
  if (facts.uid !== 0 && !mayChange(facts)) {
    throw new StorePermissionError(`${directory} belongs to user ${facts.uid}.`, {
      remedy: 'Run as the user that owns the store, or name another directory.',
    });
  }
}

/**
 * An existing directory that others can read is made private if it is plainly ours: it is empty or already holds
 * the database. Any other is refused and not changed: it might be one that the system needs as it is.
 */
async function makePrivate(directory: string, facts: FileFacts): Promise<void> {
  if ((facts.mode & 0o077) === 0) return;
  const names = await readdir(directory);
  if (mayChange(facts) && (names.length === 0 || names.includes(DATABASE_FILE))) {
    await chmod(directory, DIRECTORY_MODE);
    return;
  }
  throw new StorePermissionError(
    `${directory} can be read by other users (mode ${facts.mode.toString(8)}) and holds other files.`,
    { remedy: `Give exectap a directory of its own, or make this one private: chmod 700 '${directory}'` },
  );
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function missing(path: string): StoreMissingError {
  return new StoreMissingError(`There is no database at ${path}.`, {
    remedy: 'Start the agent once, or name the directory that holds its store.',
  });
}

async function prepareDirectory(directory: string, create: boolean): Promise<void> {
  const facts = await factsOf(directory);
  if (facts !== null) {
    checkDirectory(directory, facts);
    if (create) await makePrivate(directory, facts);
    return;
  }
  if (!create) throw missing(join(directory, DATABASE_FILE));
  await makeDirectory(directory);
  // mkdir's mode goes through the umask, which may have taken bits away that we need.
  await chmod(directory, DIRECTORY_MODE);
  // SQLite flushes the directory's own entries; that the directory itself outlives a loss of power is up to us.
  await syncDirectory(dirname(directory));
}

/** One folder after the other: Node's `recursive` does not come back where /proc and the like say ENOENT. */
async function makeDirectory(directory: string): Promise<void> {
  const parent = dirname(directory);
  if (parent !== directory && (await factsOf(parent)) === null) await makeDirectory(parent);
  try {
    await mkdir(directory, { mode: DIRECTORY_MODE });
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new StorePermissionError(`${directory} cannot be made: ${messageOf(failure)}`, {
      remedy: 'Name a directory for the state that can be written, with --state.',
      cause: failure,
    });
  }
}

/** Makes a file that its owner alone can read and write, whatever the umask; one that is there stays as it is. */
export async function createEmpty(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT, FILE_MODE);
  try {
    // SQLite gives the mode of this file to -wal and -shm whatever the umask, so this one has to be exact.
    await handle.chmod(FILE_MODE);
  } finally {
    await handle.close();
  }
}

async function checkHeader(path: string, size: number): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
    if (bytesRead === MAGIC.length && buffer.equals(MAGIC)) return;
  } finally {
    await handle.close();
  }
  throw new StoreDamagedError(`${path} is not a database (${size} bytes that begin otherwise).`, {
    remedy: 'Move the file away; a new database is made at the next start.',
  });
}

async function checkFile(path: string, facts: FileFacts): Promise<void> {
  if (!facts.isFile) {
    throw new StoreDamagedError(`${path} is not a file.`, { remedy: 'Move it away.' });
  }
  if (facts.size > 0) {
    await checkHeader(path, facts.size);
    return;
  }
  const log = await factsOf(`${path}-wal`);
  // SQLite would take the empty file for a new database and throw the log away: the alerts in it with it.
  if (log !== null && log.size > 0) {
    throw new StoreDamagedError(`${path} is empty, but its log ${path}-wal is not.`, {
      remedy: 'Keep both files for a repair and move them away together.',
    });
  }
}

/**
 * Makes sure that the database file in `directory` may be opened, and returns its absolute path.
 * @param create make the directory (0700) and an empty file (0600) if they are missing.
 * @throws {StoreMissingError | StorePermissionError | StoreDamagedError} and nothing was changed.
 */
export async function prepareFiles(directory: string, create: boolean): Promise<string> {
  const absolute = resolve(directory);
  const path = join(absolute, DATABASE_FILE);
  await prepareDirectory(absolute, create);
  const facts = await factsOf(path);
  if (facts === null && !create) throw missing(path);
  if (facts === null) await createEmpty(path);
  else await checkFile(path, facts);
  return path;
}

/** Takes rights of other users away from the database's files, as far as they are ours to change. */
export async function tightenFiles(path: string): Promise<void> {
  for (const suffix of SIDE_FILES) {
    const facts = await factsOf(path + suffix);
    if (facts !== null && (facts.mode & 0o077) !== 0 && mayChange(facts)) {
      await chmod(path + suffix, FILE_MODE);
    }
  }
}

/** Size of the database's files together, in bytes. */
export async function sizeOf(path: string): Promise<number> {
  const facts = await Promise.all(SIDE_FILES.map((suffix) => factsOf(path + suffix)));
  return facts.reduce((sum, each) => sum + (each?.size ?? 0), 0);
}
