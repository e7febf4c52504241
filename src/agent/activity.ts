import type { RunRow } from '../store/index.ts';

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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
