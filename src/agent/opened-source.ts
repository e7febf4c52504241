import { Tap } from '../tap/index.ts';
import type { Config } from './config.ts';
import { type EsloggerRun, startEslogger } from './eslogger.ts';
import { openCapture, type Source } from './source.ts';

/**
 * exectapd gives its stream as the worker's standard input. It may be left unread for a while: the pump holds what comes,
 * and counts what it cannot hold.
 */
const STREAM_FD = 0;

/** A source that is being read. */
export interface OpenedSource {
  readonly tap: Tap;
  /** Rejects if the source ended although nobody stopped it and it should have gone on. */
  ended(stopped: boolean): Promise<void>;
  /** Ends the source early; the tap comes to its end soon after. */
  stop(): Promise<void>;
  /** Ends it if need be, and lets go of everything. */
  close(): Promise<void>;
}

/** Begins to read a source. */
export function openSource(source: Source, tapConfig: Config['tap']): OpenedSource {
  if (source.kind === 'eslogger') return openEslogger(startEslogger({ tap: tapConfig }));
  const tap = source.kind === 'exectapd' ? new Tap({ fd: STREAM_FD }) : openCapture(source);
  return { tap, ended: async () => undefined, stop: () => tap.stop(), close: () => tap.stop() };
}

function openEslogger(run: EsloggerRun): OpenedSource {
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopped ??= run.stop();
    return stopped;
  };
  return {
    tap: run.tap,
    stop,
    async ended(byUs) {
      const error = byUs ? null : await run.ended;
      if (error !== null) throw error;
    },
    async close() {
      await stop();
      await run.close();
    },
  };
}
