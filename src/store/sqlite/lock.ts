/**
 * One agent for a state: two would send every alert twice and hide each other's counters. The lock is SQLite's own on
 * a file beside the database, so the system lets go of it whatever the process dies of, and no stale file can hold it.
 */
import { join, resolve } from 'node:path';
import { StateLockedError, StoreBusyError } from '../errors.ts';
import { connect } from './connection.ts';
import { createEmpty } from './files.ts';

const LOCK_FILE = 'exectap.lock';

export interface StateLock {
  release(): Promise<void>;
}

/**
 * Takes the state for this process. The directory is there: `openStore` has made and checked it.
 *
 * @throws {StateLockedError} at once where another process has it
 */
export async function lockState(directory: string): Promise<StateLock> {
  const path = join(resolve(directory), LOCK_FILE);
  await createEmpty(path);
  const connection = await connect(path, { readOnly: false });
  try {
    await connection.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE;');
  } catch (failure) {
    await connection.close();
    if (!(failure instanceof StoreBusyError)) throw failure;
    throw new StateLockedError(`another exectap works on the state in ${directory}`, {
      remedy: 'End it first, or give this one a state of its own with --state.',
      cause: failure,
    });
  }
  return { release: () => connection.close() };
}

/** Whether an agent works on a state. It is asked by trying its lock, for a moment. */
export async function isLocked(directory: string): Promise<boolean> {
  try {
    const lock = await lockState(directory);
    await lock.release();
    return false;
  } catch (failure) {
    if (failure instanceof StateLockedError) return true;
    throw failure;
  }
}
