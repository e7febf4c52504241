import type { RunRow } from '../store/index.ts';
import type { ControlLine } from './control-line.ts';
import type { Gap, Gaps } from './gaps.ts';
import type { Log } from './log.ts';
import type { RootChannel } from './root-channel.ts';
import { type Source, sourceName } from './source.ts';
import type { TapPosition } from './tap-position.ts';

/** What control lines change in a run. */
export interface Hearing {
  readonly gaps: Gaps;
  readonly position: TapPosition;
  readonly root: RootChannel | null;
  readonly log: Log;
  /** The time without an agent before this run, until the first `start` line has told whether the tap ran on. */
  before: Gap | null;
}

/** What a control line of a live tap means for this run. */
export function heard(line: ControlLine, hearing: Hearing): void {
  const { gaps, position, root, log } = hearing;
  const now = Date.now();
  switch (line.kind) {
    case 'start':
      // A run that is taken up has lost what lies between two numbers, and nothing else.
      if (hearing.before !== null && !position.firstIsDue) gaps.add(hearing.before);
      hearing.before = null;
      gaps.started(line.timeMs ?? now);
      log.info('tap run', { run: line.run, resumed: line.resumed, host: line.host.id });
      return;
    case 'stop':
      if (!line.final) gaps.stopped(line, now);
      return;
    case 'dropped': {
      const toMs = line.timeMs ?? now;
      const detail = line.cause === 'worker' ? 'there was no worker' : 'they came faster than they were read';
      const fromMs = position.lastMs ?? toMs;
      gaps.add({ cause: 'dropped', fromMs, toMs, lost: line.lines, exact: true, detail });
      return;
    }
    case 'answer':
      root?.answered(line);
  }
}

/** Between the last sign of life of the run before and now there was no agent. */
export function notRunning(last: RunRow | null, source: Source): Gap | null {
  if (last === null || last.source !== sourceName(source)) return null;
  return {
    cause: 'not running',
    fromMs: last.endedMs ?? last.heartbeatMs,
    toMs: Date.now(),
    lost: null,
    exact: false,
    detail: last.endedMs === null ? 'the run before was cut off' : null,
  };
}
