import type { RunRow } from '../store/index.ts';
import { type EventRecord, Kind, type SequenceGap } from '../tap/index.ts';
import type { ClockWatch } from './clock-watch.ts';
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
  /** Which tap speaks, and why that one; null before it has said so. */
  tapSource: { source: string; reason: string | null } | null;
  readonly clocks: ClockWatch;
  /** How often the tap's numbers had begun again when that was last looked at. */
  restarts: number;
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
      hearing.tapSource = { source: line.source ?? 'a tap', reason: line.reason ?? null };
      hearing.clocks.start(line.timebase);
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
      gaps.loss('dropped', { fromMs, toMs, lost: line.lines, detail });
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

/** What a batch is missing. */
export function heardGaps(missing: readonly SequenceGap[], { gaps }: Hearing): void {
  const now = Date.now();
  for (const { cause, lost, fromTime, toTime, lostByType: byType } of missing) {
    const toMs = Date.parse(toTime) || Date.parse(fromTime) || now;
    const loss = {
      fromMs: Date.parse(fromTime) || toMs,
      toMs,
      lost,
      ...(byType !== undefined && { byType }),
    };
    if (cause === 'kernel') gaps.loss('sequence', { ...loss, detail: 'events never came' });
    else gaps.loss('overflow', { ...loss, detail: 'events came faster than they were evaluated' });
  }
}

/** The numbers of the tap began again in the middle of a run: how many events lie between is not known. */
export function heardRestart({ gaps, position }: Hearing): void {
  const now = Date.now();
  const detail = 'the numbers of the events began again';
  gaps.loss('sequence', { fromMs: position.lastMs ?? now, toMs: now, lost: null, detail });
}

/** A capture has no clock but its events: they tell when a loss is over. */
export function heardCaptured(record: EventRecord, { gaps }: Hearing): void {
  if (record.kind !== Kind.control && !Number.isNaN(record.timeUs)) gaps.tick(record.timeUs / 1_000);
}

/** What the last event of a batch tells: that the tap sees, and whether its clocks went apart since the last one. */
export function heardEvent(record: EventRecord, { gaps, clocks }: Hearing): void {
  if (record.kind === Kind.control) return;
  gaps.seen(Math.floor(record.timeUs / 1_000));
  const jump = clocks.read(record);
  if (jump === null) return;
  const { cause, fromMs, toMs, seconds } = jump;
  const detail = `${seconds.toFixed(1)} s: ${cause === 'sleep' ? 'asleep, or the clock was set forward' : 'the clock was set back'}`;
  gaps.add({ cause, fromMs, toMs, lost: null, exact: false, detail });
}
