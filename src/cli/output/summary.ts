import type { RunCounters } from '../../agent/index.ts';
import { boundOf } from '../../ecs/index.ts';
import type { TapCounters } from '../../tap/index.ts';
import { printable } from './printable.ts';

/** The closing lines of a run: what came in, what was lost, what was found. `elapsedMs` adds the rate. */
export function runSummary({ tap, pipeline, gaps }: RunCounters, elapsedMs: number | null): string {
  const events = tap.exec + tap.fork + tap.exit;
  const rate =
    elapsedMs === null ? '' : `; ${Math.round((events * 1_000) / Math.max(1, elapsedMs))} events/s`;
  const known =
    pipeline.known === 0
      ? ''
      : ` (${count(pipeline.known, 'more match', 'more matches')} had an alert already)`;
  // A run of an older version has not counted it.
  const excepted = pipeline.excepted ?? 0;
  return [
    `${count(events, 'event')}: ${tap.exec} exec, ${tap.fork} fork, ${tap.exit} exit${rate}`,
    ...others(tap),
    ...losses(tap),
    ...blindness(gaps),
    ...cuts(pipeline),
    ...muted(pipeline),
    `${count(pipeline.stored, 'new alert')}${known}`,
    ...(excepted === 0
      ? []
      : [`${count(excepted, 'match', 'matches')} made no alert: an exception covers them`]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function others(tap: TapCounters): string[] {
  const types = Object.entries(tap.byOtherType).map(([type, number]) => `${number} of type ${type}`);
  return tap.otherTypes === 0
    ? []
    : [`${count(tap.otherTypes, 'line')} of other event types: ${types.join(', ')}`];
}

function losses(tap: TapCounters): string[] {
  const lost = tap.lostByKernel + tap.overflow;
  return [
    tap.gaps === 0
      ? 'no gaps'
      : `${count(tap.gaps, 'gap')}: ${tap.lostByKernel} events never came, ${tap.overflow} were dropped here (${lost} in all)`,
    ...(tap.sequenceRestarts === 0 ? [] : [`the sequence numbers began again ${tap.sequenceRestarts} times`]),
    ...(tap.outOfOrder === 0 ? [] : [`${count(tap.outOfOrder, 'event')} came again or out of order`]),
    ...(tap.undecodable === 0 ? [] : [`${count(tap.undecodable, 'line')} could not be decoded`]),
    ...(tap.tooLong === 0 ? [] : [`${count(tap.tooLong, 'line')} longer than a line may be, skipped`]),
    ...(tap.replacedUtf8 === 0
      ? []
      : [`${count(tap.replacedUtf8, 'line')} with bytes that are not UTF-8, shown as U+FFFD`]),
    ...(tap.newerVersion === 0
      ? []
      : [`${count(tap.newerVersion, 'event')} of a message version newer than this build knows`]),
  ];
}

/** Blind intervals that a page shows; the counters hold more. */
const SHOWN_GAPS = 5;

function blindness(gaps: RunCounters['gaps']): string[] {
  if (gaps === undefined || gaps.total === 0) return [];
  const lines = gaps.recent.slice(-SHOWN_GAPS).map(({ cause, fromMs, toMs, lost, exact, detail }) => {
    const to = toMs === null ? 'now' : new Date(toMs).toISOString();
    const loss = lost === null ? '' : `, ${boundOf({ cause, exact })}${count(lost, 'event')} lost`;
    const why = detail === null ? cause : `${cause}: ${printable(detail)}`;
    return `  ${new Date(fromMs).toISOString()} to ${to}  ${why}${loss}`;
  });
  return [`blind ${count(gaps.total, 'time')}${gaps.total > lines.length ? ', the last' : ''}:`, ...lines];
}

/** What the agent's own bounds cut from its view. */
function cuts({ evictedProcesses, sequences }: RunCounters['pipeline']): string[] {
  const { lateEvents, droppedKeys, droppedTuples, closedSequences } = sequences;
  return [
    ...(evictedProcesses === 0
      ? []
      : [`${count(evictedProcesses, 'process', 'processes')} forgotten: the table was full`]),
    ...(lateEvents === 0 ? [] : [`${count(lateEvents, 'event')} of sequences came late`]),
    ...(droppedKeys + droppedTuples === 0
      ? []
      : [`${count(droppedKeys + droppedTuples, 'join key')} of sequences dropped: too many were open`]),
    ...(closedSequences === 0
      ? []
      : [`${count(closedSequences, 'open sequence')} closed: the clock was set back`]),
  ];
}

/** Mutes that a page shows; the counters hold every one. */
const SHOWN_MUTES = 10;

/** What is cut because somebody has asked for it, most first. */
function muted({ muted, mutes }: Partial<RunCounters['pipeline']>): string[] {
  // A run of an older version has not counted it.
  if (muted === undefined || muted === 0) return [];
  const most = [...(mutes ?? [])].filter(({ events }) => events > 0).sort((a, b) => b.events - a.events);
  return [
    `${count(muted, 'event was', 'events were')} muted: no rule has seen ${muted === 1 ? 'it' : 'them'}`,
    ...most.slice(0, SHOWN_MUTES).map(({ mute, events }) => `  ${events} by ${printable(mute)}`),
  ];
}

/** Where a capture's undecodable lines are and what is wrong with them, one a line. */
export function decodeFaults(file: string, tap: TapCounters): string {
  const lines = tap.samples.map(
    ({ line, reason, head }) => `${printable(file)}:${line}: ${reason}: ${printable(head.slice(0, 80))}\n`,
  );
  const rest = tap.undecodable - tap.samples.length;
  return lines.join('') + (rest > 0 ? `${printable(file)}: ${count(rest, 'more line')} like these\n` : '');
}

export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** The counters of several captures as if they had been one. Samples are left out: they are shown with their file. */
export function sumCounters(all: readonly RunCounters[]): RunCounters {
  const [first, ...rest] = all;
  return rest.reduce(
    (sum, next) => ({ tap: addTap(sum.tap, next.tap), pipeline: addPipeline(sum.pipeline, next.pipeline) }),
    first!,
  );
}

function addPipeline(a: RunCounters['pipeline'], b: RunCounters['pipeline']): RunCounters['pipeline'] {
  return {
    ...addNumbers(a, b),
    own: addNumbers(a.own, b.own),
    sequences: addNumbers(a.sequences, b.sequences),
  };
}

function addTap(a: TapCounters, b: TapCounters): TapCounters {
  const byOtherType = { ...a.byOtherType };
  for (const [type, number] of Object.entries(b.byOtherType))
    byOtherType[type] = (byOtherType[type] ?? 0) + number;
  return { ...addNumbers(a, b), byOtherType, samples: [] };
}

function addNumbers<T extends object>(a: T, b: T): T {
  const names = Object.keys(a) as (keyof T)[];
  const pairs = names
    .filter((name) => typeof a[name] === 'number')
    .map((name) => [name, Number(a[name]) + Number(b[name])]);
  return { ...a, ...Object.fromEntries(pairs) };
}
