import { ExectapError } from '../errors.ts';
import type { AlertStore, RunRow } from '../store/index.ts';

/** How often a run writes its counters and its sign of life into the state. */
export const HEARTBEAT_MS = 5_000;
/** Three missed signs of life mean that a run is gone, whatever has its pid by now. */
const ALIVE_MS = 3 * HEARTBEAT_MS;

export type Activity = 'running' | 'ended' | 'cut off' | 'never ran';

/** What became of the last run of a state. */
export function activityOf(run: RunRow | null, now: number): Activity {
  if (run === null) return 'never ran';
  if (run.endedMs !== null) return 'ended';
  return now - run.heartbeatMs <= ALIVE_MS && isAlive(run.pid) ? 'running' : 'cut off';
}

/**
 * Two agents on one state would send every alert twice and hide each other's counters.
 *
 * @throws ExectapError where another agent runs on this state
 */
export async function refuseSecondAgent(store: AlertStore, now: number): Promise<void> {
  const run = await store.lastRun();
  if (run === null || run.pid === process.pid || activityOf(run, now) !== 'running') return;
  throw new ExectapError(`an agent runs on this state already, as pid ${run.pid}`, {
    remedy: 'end it first, or give this one a state of its own with --state',
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
