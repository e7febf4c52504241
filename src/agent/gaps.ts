import type { TapStop } from './control-line.ts';
import type { Log } from './log.ts';

/** Gaps that a run keeps for `status`; the counts go on beyond it. */
const KEPT_GAPS = 100;

export type GapCause =
  /** No agent ran. */
  | 'not running'
  /** The tap ended; it is started again unless the agent ends too. */
  | 'tap ended'
  /** The worker ended; what it had taken in and not yet evaluated is lost. */
  | 'worker restarted'
  /** Lines were thrown away because nobody took them fast enough, or at all. */
  | 'dropped';

/** An interval in which executions may have happened that no rule saw. */
export interface Gap {
  readonly cause: GapCause;
  readonly fromMs: number;
  /** Null while it lasts. */
  readonly toMs: number | null;
  /** Events that were lost: exactly, at most, or null where nobody can tell. */
  readonly lost: number | null;
  readonly exact: boolean;
  readonly detail: string | null;
}

export interface GapCounters {
  readonly total: number;
  /** Of the gaps whose loss is known, exactly or at most. */
  readonly lost: number;
  /** The newest. */
  readonly recent: readonly Gap[];
}

/** The blind intervals of one run, each told once when it opens. */
export class Gaps {
  readonly #log: Log;
  readonly #recent: Gap[] = [];
  #total = 0;
  #lost = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  get counters(): GapCounters {
    return { total: this.#total, lost: this.#lost, recent: [...this.#recent] };
  }

  add(gap: Gap): void {
    this.#total += 1;
    this.#lost += gap.lost ?? 0;
    this.#recent.push(gap);
    if (this.#recent.length > KEPT_GAPS) this.#recent.shift();
    this.#log.warn('gap', {
      cause: gap.cause,
      from: new Date(gap.fromMs).toISOString(),
      ...(gap.toMs !== null && { to: new Date(gap.toMs).toISOString() }),
      ...(gap.lost !== null && { [gap.exact ? 'lost' : 'lost_at_most']: gap.lost }),
      ...(gap.detail !== null && { detail: gap.detail }),
    });
  }

  /** The tap has ended: blind until it starts again. */
  stopped(stop: TapStop, nowMs: number): void {
    const how = stop.signal === undefined ? `ended with code ${stop.exit ?? '?'}` : `signal ${stop.signal}`;
    this.add({
      cause: 'tap ended',
      fromMs: stop.timeMs ?? nowMs,
      toMs: null,
      lost: null,
      exact: false,
      detail: stop.words === undefined ? how : `${how}: ${stop.words}`,
    });
  }

  /** The tap runs again: what was open is over. */
  started(timeMs: number): void {
    for (const [index, gap] of this.#recent.entries()) {
      if (gap.toMs === null) this.#recent[index] = { ...gap, toMs: timeMs };
    }
  }
}
