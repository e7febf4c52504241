import type { StoreCounts } from '../store/index.ts';
import type { RunCounters } from './run-record.ts';

/** A loss is a reason to worry for so long, in milliseconds. */
const RECENT_MS = 60 * 60 * 1_000;

export interface Health {
  readonly verdict: 'ok' | 'degraded';
  /** Why it is degraded, in words for a person; empty where it is not. */
  readonly reasons: readonly string[];
  /** Events of this run that mutes have kept from the rules: asked for, and yet not seen. */
  readonly muted: number;
}

/** Whether the agent sees everything and gets rid of what it finds. */
export function healthOf({ tap, pipeline, gaps }: RunCounters, counts: StoreCounts, nowMs: number): Health {
  const reasons: string[] = [];
  for (const gap of gaps?.recent ?? []) {
    // Nothing runs while a Mac sleeps.
    if (gap.cause === 'sleep' || gap.cause === 'clock set') continue;
    const since = new Date(gap.fromMs).toISOString();
    const detail = gap.detail === null ? '' : ` (${gap.detail})`;
    if (gap.toMs === null) reasons.push(`blind since ${since}: ${gap.cause}${detail}`);
    else if (nowMs - gap.toMs < RECENT_MS) reasons.push(`was blind from ${since}: ${gap.cause}${detail}`);
  }
  const lost = tap.lostByKernel + tap.overflow;
  if (lost > 0) reasons.push(`${lost} events were lost since the start of this run`);
  if (tap.tooLong > 0) reasons.push(`${tap.tooLong} lines were longer than a line may be`);
  if (tap.undecodable > 0) reasons.push(`${tap.undecodable} lines could not be decoded`);
  for (const { name, refused, pending, lastError, lastErrorMs, lastDeliveredMs } of counts.destinations) {
    if (refused > 0) reasons.push(`${name} has refused ${refused} documents for good`);
    if (pending > 0 && lastError !== null && (lastErrorMs ?? 0) > (lastDeliveredMs ?? 0))
      reasons.push(`${name} takes nothing: ${lastError}`);
  }
  // A run of an older version has not counted it.
  return { verdict: reasons.length === 0 ? 'ok' : 'degraded', reasons, muted: pipeline.muted ?? 0 };
}
