import { boundOf, type Gap } from '../../ecs/index.ts';
import type { StoredGap } from '../../store/index.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';

const HEADER = ['FROM', 'TO', 'LASTED', 'CAUSE', 'LOST', 'DETAIL'];

/** A table of gaps, in the order given. */
export function gapTable(gaps: readonly StoredGap[], now: number, tty: boolean): string {
  return table(
    HEADER,
    gaps.map((gap) => [
      iso(gap.fromMs),
      gap.toMs === null ? 'now' : iso(gap.toMs),
      span((gap.toMs ?? now) - gap.fromMs),
      printable(gap.cause),
      lossOf(gap),
      printable(gap.detail ?? '-'),
    ]),
    tty,
  );
}

/** How many events a gap has lost; `-` where nobody can tell. */
function lossOf({ lost, cause, exact }: StoredGap): string {
  if (lost === null) return '-';
  // A cause that this program does not know is worded as a loss of which more may be missing.
  return `${boundOf({ cause: cause as Gap['cause'], exact })}${lost}`;
}

export function gapJson(gap: StoredGap): object {
  const { id, cause, fromMs, toMs, lost, exact, lostByType, detail } = gap;
  return {
    id,
    cause,
    start: iso(fromMs),
    end: toMs === null ? null : iso(toMs),
    lost,
    exact,
    lost_by_type: lostByType,
    detail,
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();

function span(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
