import { Command } from 'commander';
import { type Activity, activityOf, type RunCounters, VERSION } from '../agent/index.ts';
import type { RunRow, StoreCounts } from '../store/index.ts';
import { openHoldings, type Situation } from './agent-or-store.ts';
import type { Io } from './io.ts';
import { jsonOption, type Place, placeOf } from './options.ts';
import { gapJson } from './output/gap-rows.ts';
import { printable } from './output/printable.ts';
import { count, decodeFaults, runSummary } from './output/summary.ts';

interface Options {
  json?: boolean;
}

export function statusCommand(io: Io): Command {
  return new Command('status')
    .description('whether the agent runs, what it saw, what it holds and what was delivered')
    .addOption(jsonOption('one JSON object'))
    .action((options: Options, command: Command) => status(io, options, placeOf(command)));
}

async function status(io: Io, options: Options, place: Place): Promise<void> {
  const holdings = await openHoldings(place, 'read');
  try {
    const situation = await holdings.situation();
    const activity = situation.agent === null ? activityOf(situation.run, io.now()) : 'running';
    const page = options.json === true ? `${JSON.stringify(statusJson(situation, activity))}\n` : null;
    await io.write(page ?? statusPage(situation, activity, io.now()));
  } finally {
    await holdings.close();
  }
}

function statusJson({ state, agent, run, counts, gaps }: Situation, activity: Activity): object {
  return {
    version: VERSION,
    state,
    agent: {
      activity,
      ...(run !== null && {
        source: run.source,
        pid: run.pid,
        started: iso(run.startedMs),
        heartbeat: iso(run.heartbeatMs),
        ended: iso(run.endedMs),
        counters: JSON.parse(run.counters) as RunCounters,
      }),
      ...(agent !== null && { control: agent.control }),
    },
    alerts: { total: counts.total, ...counts.byStatus },
    gaps: {
      open: gaps.open.map(gapJson),
      last_day: gaps.counts.recent,
      lost_last_day: gaps.counts.recentLost,
      kept: gaps.counts.total,
      forgotten: gaps.counts.forgotten,
    },
    bytes: counts.bytes,
    destinations: counts.destinations.map((destination) => ({
      name: destination.name,
      pending: destination.pending,
      delivered: destination.delivered,
      duplicates: destination.duplicates,
      refused: destination.refused,
      oldest_pending: iso(destination.oldestPendingMs),
      last_delivered: iso(destination.lastDeliveredMs),
      last_error: destination.lastError,
      last_error_at: iso(destination.lastErrorMs),
    })),
  };
}

function statusPage({ state, agent, run, counts, gaps }: Situation, activity: Activity, now: number): string {
  const { open, acknowledged, closed } = counts.byStatus;
  const lines = [
    `exectap ${agent?.version ?? VERSION}, state in ${state} (${Math.ceil(counts.bytes / 1024)} KiB)`,
    `agent    ${agentLine(activity, run, now)}`,
    ...runLines(run).map((line) => `         ${line}`),
    `alerts   ${counts.total}: ${open} open, ${acknowledged} acknowledged, ${closed} closed`,
    ...gapLines(gaps),
    ...destinationLines(counts, now),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function sourceLine(run: RunRow): string {
  const { tapSource } = JSON.parse(run.counters) as Partial<RunCounters>;
  const source = printable(run.source);
  if (tapSource === undefined) return source;
  const why = tapSource.reason === null ? '' : `, because ${printable(tapSource.reason)}`;
  return `${source}: ${printable(tapSource.source)}${why}`;
}

function agentLine(activity: Activity, run: RunRow | null, now: number): string {
  if (run === null) return 'never ran here';
  const source = sourceLine(run);
  if (activity === 'running')
    return `running as pid ${run.pid} for ${ago(run.startedMs, now)}, source ${source}`;
  if (activity === 'ended')
    return `not running; the last run, source ${source}, ended ${ago(run.endedMs!, now)} ago`;
  return `not running; the last run, source ${source}, was cut off, last heard of ${ago(run.heartbeatMs, now)} ago`;
}

function runLines(run: RunRow | null): string[] {
  if (run === null) return [];
  const counters = JSON.parse(run.counters) as Partial<RunCounters>;
  // A run that was cut off before its first heartbeat has counted nothing yet.
  if (counters.tap === undefined || counters.pipeline === undefined) return [];
  const summary = runSummary(counters as RunCounters, null);
  return `${summary}${decodeFaults(run.source, counters.tap)}`.trimEnd().split('\n');
}

function gapLines({ open, counts: { recent, recentLost, forgotten } }: Situation['gaps']): string[] {
  const lost = recentLost === 0 ? '' : `, ${count(recentLost, 'event')} known to be lost`;
  const older = forgotten === 0 ? '' : `; ${count(forgotten, 'older one')} forgotten`;
  return [
    `gaps     ${recent === 0 ? 'none' : recent} in the last day${lost}${older}`,
    ...open.map(({ cause, fromMs, detail }) => {
      const why = detail === null ? printable(cause) : `${printable(cause)}: ${printable(detail)}`;
      return `         blind since ${iso(fromMs)}: ${why}`;
    }),
  ];
}

function destinationLines(counts: StoreCounts, now: number): string[] {
  if (counts.destinations.length === 0)
    return ['sent to  nowhere: no destination is configured, alerts stay on this host'];
  return counts.destinations.flatMap((destination) => {
    const { name, delivered, duplicates, pending, refused, oldestPendingMs, lastError, lastErrorMs } =
      destination;
    const waiting = oldestPendingMs === null ? '' : `, the oldest for ${ago(oldestPendingMs, now)}`;
    const error =
      lastError === null
        ? []
        : [`         last error ${ago(lastErrorMs!, now)} ago: ${printable(lastError)}`];
    return [
      `sent to  ${name}: ${delivered} delivered (${duplicates} it had already), ${pending} waiting${waiting}, ${refused} refused`,
      ...error,
    ];
  });
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** A span of time in its largest unit. */
function ago(fromMs: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - fromMs) / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}
