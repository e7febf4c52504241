import { tapStateOf } from '../tap/index.ts';
import type { TapStop } from './control-line.ts';
import type { Log } from './log.ts';

/** Gaps that a run keeps for `status`; the counts go on beyond it. */
const KEPT_GAPS = 100;

/** So long without a further loss, and a gap is over. */
const LOSS_QUIET_MS = 30_000;

export type GapCause =
  /** No agent ran. */
  | 'not running'
  /** The tap may not see: not root, no Full Disk Access. */
  | 'no permission'
  /** Numbers of the tap's events are missing: the kernel dropped them, or the numbers began again. */
  | 'sequence'
  /** Events were dropped here, because they came faster than they were evaluated. */
  | 'overflow'
  /** An execution of our own was not seen. */
  | 'tap silent'
  /** The wall clock went on alone: the Mac slept, or the clock was set forward. */
  | 'sleep'
  /** The wall clock was set back. */
  | 'clock set'
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

export interface Loss {
  readonly fromMs: number;
  readonly toMs: number;
  /** Null where nobody can tell. */
  readonly lost: number | null;
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
  /** When the last event of each kind of loss was missed, while its gap is open. */
  readonly #lossMs = new Map<'sequence' | 'overflow', number>();
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

  /** Blind from now on; nothing where it is for this cause already. */
  open(cause: GapCause, fromMs: number, detail: string | null): void {
    if (this.#recent.some((gap) => gap.cause === cause && gap.toMs === null)) return;
    this.add({ cause, fromMs, toMs: null, lost: null, exact: false, detail });
  }

  /**
   * Events are missing. The first loss opens a gap, further ones extend it, and LOSS_QUIET_MS without one end it: a burst
   * is one gap, not a thousand.
   */
  loss(cause: 'sequence' | 'overflow', { fromMs, toMs, lost, detail }: Loss): void {
    this.#lossMs.set(cause, toMs);
    const index = this.#recent.findIndex((gap) => gap.cause === cause && gap.toMs === null);
    const open = this.#recent[index];
    if (open === undefined) {
      this.add({ cause, fromMs, toMs: null, lost, exact: lost !== null, detail });
      return;
    }
    this.#lost += lost ?? 0;
    const sum = open.lost === null || lost === null ? open.lost : open.lost + lost;
    this.#recent[index] = { ...open, lost: sum, exact: open.exact && lost !== null };
  }

  /** Ends the losses that have not gone on; every second or so. */
  tick(nowMs: number): void {
    for (const [cause, lastMs] of this.#lossMs) {
      if (nowMs - lastMs < LOSS_QUIET_MS) continue;
      this.#lossMs.delete(cause);
      this.close(cause, lastMs);
    }
  }

  /** No longer blind for this cause. */
  close(cause: GapCause, toMs: number): void {
    for (const [index, gap] of this.#recent.entries()) {
      if (gap.cause !== cause || gap.toMs !== null) continue;
      this.#recent[index] = { ...gap, toMs };
      this.#log.info('gap ended', { cause, from: new Date(gap.fromMs).toISOString() });
    }
  }

  /** The tap has ended: blind until it starts again. */
  stopped(stop: TapStop, nowMs: number): void {
    const how = stop.signal === undefined ? `ended with code ${stop.exit ?? '?'}` : `signal ${stop.signal}`;
    const { name, needsPermission, remedy } = tapStateOf(stop.words);
    const detail = name === 'ended' ? how : `${how}, ${name} (${stop.words}): ${remedy}`;
    this.open(needsPermission ? 'no permission' : 'tap ended', stop.timeMs ?? nowMs, detail);
  }

  /** The tap runs again. Whether it sees anything shows only with its first event. */
  started(timeMs: number): void {
    this.close('tap ended', timeMs);
  }

  /** The tap tells of executions: it may. */
  seen(timeMs: number): void {
    this.close('no permission', timeMs);
  }
}
