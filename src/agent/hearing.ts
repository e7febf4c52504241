import type { RunRow } from '../store/index.ts';
import type { ControlLine } from './control-line.ts';
import type { Gaps } from './gaps.ts';
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
}

/** What a control line of a live tap means for this run. */
export function heard(line: ControlLine, { gaps, position, root, log }: Hearing): void {
  const now = Date.now();
  switch (line.kind) {
    case 'start':
      gaps.started(line.timeMs ?? now);
      log.info('tap run', { run: line.run, resumed: line.resumed, host: line.host.id });
      return;
    case 'stop':
      gaps.stopped(line, now);
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

/** Between the last sign of life of the run before and now, nothing was seen. */
export function notRunning(gaps: Gaps, last: RunRow | null, source: Source): void {
  if (last === null || last.source !== sourceName(source)) return;
  gaps.add({
    cause: 'not running',
    fromMs: last.endedMs ?? last.heartbeatMs,
    toMs: Date.now(),
    lost: null,
    exact: false,
    detail: last.endedMs === null ? 'the run before was cut off' : null,
  });
}
