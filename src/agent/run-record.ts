import type { AlertStore } from '../store/index.ts';
import type { TapCounters } from '../tap/index.ts';
import { HEARTBEAT_MS } from './activity.ts';
import type { GapCounters } from './gaps.ts';
import type { Log } from './log.ts';
import type { PipelineCounters } from './pipeline.ts';
import type { SelfTestCounters } from './self-test.ts';
import { type Source, sourceName } from './source.ts';

/** What one run saw and did, as `exectap status` shows it. */
export interface RunCounters {
  readonly tap: TapCounters;
  readonly pipeline: PipelineCounters;
  /** Blind intervals that were noticed; a capture's are the tap's own. */
  readonly gaps?: GapCounters;
  /** Whether executions of our own were seen; absent for a capture. */
  readonly selfTest?: SelfTestCounters;
  /** Which tap a live run reads, and why that one. */
  readonly tapSource?: { readonly source: string; readonly reason: string | null };
}

/** Keeps the record of this run in the state, so that `status` can tell what an agent sees, or saw last. */
export async function beginRun(
  store: AlertStore,
  source: Source,
  counters: () => RunCounters,
  log: Log,
  keep: () => Promise<void>,
) {
  const begun = { source: sourceName(source), pid: process.pid, startedMs: Date.now() };
  const run = await store.beginRun(begun);
  const write = async (end: boolean): Promise<void> => {
    const heartbeatMs = Date.now();
    await keep();
    await store.updateRun(run, {
      heartbeatMs,
      ...(end && { endedMs: heartbeatMs }),
      counters: JSON.stringify(counters()),
    });
  };
  const timer = setInterval(() => {
    write(false).catch((error: unknown) =>
      log.warn('the record of this run could not be written', { error: String(error) }),
    );
  }, HEARTBEAT_MS);
  timer.unref();
  return {
    /** The record as it would be written now. */
    row: <T>(now: T) => ({ ...begun, run, heartbeatMs: Date.now(), endedMs: null, counters: now }),
    async end(): Promise<void> {
      clearInterval(timer);
      await write(true);
    },
  };
}
