import { boundOf, type Gap, type GapCause, gapId } from '../ecs/index.ts';
import { tapStateOf } from '../tap/index.ts';
import type { TapStop } from './control-line.ts';
import type { Log } from './log.ts';

export type { Gap, GapCause } from '../ecs/index.ts';

/** Gaps that a run keeps for `status`; the counts go on beyond it, and the state keeps more. */
const KEPT_GAPS = 100;

/** So long without a further loss, and a gap is over. */
export const LOSS_QUIET_MS = 30_000;

/**
 * A gap that lasts so long is told of before its end. Most are over by then, and one document tells everything; who
 * looks at the collector learns of a blind host no later than this.
 */
export const TOLD_OPEN_MS = 5 * 60_000;

/** Causes whose gaps are made of losses: they have no end of their own, only a last loss. */
export type LossCause = 'sequence' | 'overflow' | 'dropped';

export const LOSS_CAUSES: ReadonlySet<string> = new Set<LossCause>(['sequence', 'overflow', 'dropped']);

export interface Loss {
  readonly fromMs: number;
  readonly toMs: number;
  /** Null where nobody can tell. */
  readonly lost: number | null;
  /** Whether `lost` is all of it; it is unless this says no. */
  readonly exact?: boolean;
  readonly detail: string | null;
  /** What the numbers of single event types told of the loss. */
  readonly byType?: Readonly<Record<string, number>>;
}

/** A gap and what the ledger knows of it besides. */
export interface GapRecord {
  readonly id: string;
  readonly gap: Gap;
  /** Until when it is known to have lasted. */
  readonly lastMs: number;
  /** It has lasted so long that it is to be told of before its end. */
  readonly toldOpen: boolean;
}

/** Where gaps go that are to outlive the run. */
export interface GapSink {
  /** The host that gaps of now are about. */
  readonly hostId: string;
  /** A gap is new or has changed. Never fails. */
  changed(record: GapRecord): void;
  /** Resolves when what has changed so far is durable, or could not be written. */
  settled(): Promise<void>;
}

const NOWHERE: GapSink = { hostId: 'unknown', changed: () => undefined, settled: async () => undefined };

export interface CauseCounters {
  readonly total: number;
  readonly lost: number;
}

export interface GapCounters {
  readonly total: number;
  /** Of the gaps whose loss is known, exactly or as a bound. */
  readonly lost: number;
  readonly byCause: Readonly<Partial<Record<GapCause, CauseCounters>>>;
  /** The newest, and those that last. */
  readonly recent: readonly Gap[];
}

/** The blind intervals of one run: each is one record, which opens and closes once. */
export class Gaps {
  readonly #log: Log;
  readonly #sink: GapSink;
  #recent: GapRecord[] = [];
  readonly #open = new Map<GapCause, GapRecord>();
  /** Losses that the sink was not told of yet. */
  readonly #unsaid = new Set<GapCause>();
  /** The newest gap of each cause: the next one must have another id, and may not overlap it. */
  readonly #newest = new Map<GapCause, { fromMs: number; endMs: number; nth: number }>();
  readonly #byCause: Partial<Record<GapCause, CauseCounters>> = {};

  constructor(log: Log, sink: GapSink = NOWHERE) {
    this.#log = log;
    this.#sink = sink;
  }

  get counters(): GapCounters {
    const all = Object.values(this.#byCause);
    return {
      total: all.reduce((sum, { total }) => sum + total, 0),
      lost: all.reduce((sum, { lost }) => sum + lost, 0),
      byCause: { ...this.#byCause },
      recent: [...this.#forgottenOpen(), ...this.#recent].map(({ gap }) => gap),
    };
  }

  /** What lasts must be told however much came after it. */
  #forgottenOpen(): GapRecord[] {
    return [...this.#open.values()].filter((record) => !this.#recent.includes(record));
  }

  /** A gap that is known from end to end; or one that lasts, and then as `open` takes it. */
  add(gap: Gap): void {
    if (gap.toMs === null && this.#open.has(gap.cause)) return;
    const fromMs = wholeMs(gap.fromMs);
    // A clock that is set back ends before it began.
    const toMs = gap.toMs === null ? null : Math.max(fromMs, wholeMs(gap.toMs));
    this.#begin({ ...gap, fromMs, toMs }, toMs ?? fromMs);
  }

  /** Blind from now on; nothing where it is for this cause already. */
  open(cause: GapCause, fromMs: number, detail: string | null): void {
    this.add({ cause, fromMs, toMs: null, lost: null, exact: false, detail });
  }

  /**
   * Events are missing. The first loss opens a gap, further ones extend it, and LOSS_QUIET_MS without one end it: a burst
   * is one gap, not a thousand. Times are those of the events, so a capture makes the same gaps whenever it is read.
   */
  loss(cause: LossCause, asTold: Loss): void {
    const loss = { ...asTold, fromMs: wholeMs(asTold.fromMs), toMs: wholeMs(asTold.toMs) };
    let record = this.#open.get(cause);
    if (record !== undefined && loss.fromMs - record.lastMs >= LOSS_QUIET_MS) {
      this.close(cause, record.lastMs);
      record = undefined;
    }
    if (record === undefined) this.#firstLoss(cause, loss);
    else this.#furtherLoss(record, loss);
  }

  #firstLoss(cause: LossCause, { fromMs, toMs, lost, exact = lost !== null, detail, byType }: Loss): void {
    const before = this.#newest.get(cause);
    // Events may come a little out of order: what lies within the gap before begins where that one has ended.
    const overlaps = before !== undefined && fromMs < before.endMs && toMs >= before.fromMs;
    const from = overlaps ? before.endMs : fromMs;
    const gap: Gap = { cause, fromMs: from, toMs: null, lost, exact, detail };
    this.#begin(byType === undefined ? gap : { ...gap, lostByType: byType }, Math.max(from, toMs));
  }

  #furtherLoss(record: GapRecord, { toMs, lost, exact = lost !== null, byType }: Loss): void {
    const { gap } = record;
    this.#count(gap.cause, 0, lost ?? 0);
    const sum = gap.lost === null && lost === null ? null : (gap.lost ?? 0) + (lost ?? 0);
    const lostByType = addedUp(gap.lostByType, byType);
    this.#replace(record, {
      ...record,
      lastMs: Math.max(record.lastMs, toMs),
      gap: { ...gap, lost: sum, exact: gap.exact && exact, ...(lostByType !== undefined && { lostByType }) },
    });
    this.#unsaid.add(gap.cause);
  }

  /** Every second or so: ends the losses that have not gone on, and tells of what lasts long. */
  tick(nowMs: number): void {
    for (const [cause, record] of this.#open) {
      if (isLoss(cause) && nowMs - record.lastMs >= LOSS_QUIET_MS) this.close(cause, record.lastMs);
      else if (!record.toldOpen && nowMs - record.gap.fromMs >= TOLD_OPEN_MS)
        this.#sink.changed(this.#replace(record, { ...record, toldOpen: true }));
    }
  }

  /** Hands over how far losses have come that are not over; for a run that is cut off before they are. */
  keep(): void {
    for (const cause of this.#unsaid) {
      const record = this.#open.get(cause);
      if (record !== undefined) this.#sink.changed(record);
    }
    this.#unsaid.clear();
  }

  /** No longer blind for this cause. @param lost where that is known now, exactly */
  close(cause: GapCause, toMs: number, lost?: number): void {
    const record = this.#open.get(cause);
    if (record === undefined) return;
    const { gap } = record;
    const endMs = Math.max(gap.fromMs, wholeMs(toMs));
    if (lost !== undefined) this.#count(cause, 0, lost - (gap.lost ?? 0));
    const ended = { ...gap, toMs: endMs, ...(lost !== undefined && { lost, exact: true }) };
    const closed = this.#replace(record, { ...record, lastMs: endMs, gap: ended });
    this.#open.delete(cause);
    this.#unsaid.delete(cause);
    this.#newest.get(cause)!.endMs = endMs;
    this.#log.info('gap ended', { cause, from: new Date(gap.fromMs).toISOString(), ...lossFields(ended) });
    this.#sink.changed(closed);
  }

  /** The run ends: so does what it knows of. What is still wrong opens anew with the next one. */
  end(nowMs: number): void {
    for (const [cause, record] of this.#open) this.close(cause, isLoss(cause) ? record.lastMs : nowMs);
  }

  /** Resolves when every gap is durable as it is now, or could not be written. */
  async settled(): Promise<void> {
    this.keep();
    await this.#sink.settled();
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

  #begin(gap: Gap, lastMs: number): void {
    const { cause, fromMs } = gap;
    const before = this.#newest.get(cause);
    const nth = before?.fromMs === fromMs ? before.nth + 1 : 0;
    this.#newest.set(cause, { fromMs, endMs: lastMs, nth });
    const record = { id: gapId(this.#sink.hostId, cause, fromMs, nth), gap, lastMs, toldOpen: false };
    if (gap.toMs === null) this.#open.set(cause, record);
    this.#recent = [...this.#recent.slice(1 - KEPT_GAPS), record];
    this.#count(cause, 1, gap.lost ?? 0);
    this.#log.warn('gap', {
      cause,
      from: new Date(fromMs).toISOString(),
      ...(gap.toMs !== null && { to: new Date(gap.toMs).toISOString() }),
      ...lossFields(gap),
      ...(gap.detail !== null && { detail: gap.detail }),
    });
    this.#sink.changed(record);
  }

  #replace(old: GapRecord, record: GapRecord): GapRecord {
    this.#open.set(record.gap.cause, record);
    const index = this.#recent.indexOf(old);
    if (index !== -1) this.#recent[index] = record;
    return record;
  }

  #count(cause: GapCause, gaps: number, lost: number): void {
    const before = this.#byCause[cause] ?? { total: 0, lost: 0 };
    this.#byCause[cause] = { total: before.total + gaps, lost: before.lost + lost };
  }
}

/** Times come from messages of a tap: one that has none must not spoil the ledger. */
function wholeMs(ms: number): number {
  return Number.isFinite(ms) ? Math.floor(ms) : Date.now();
}

function isLoss(cause: GapCause): cause is LossCause {
  return LOSS_CAUSES.has(cause);
}

function addedUp(
  one: Readonly<Record<string, number>> | undefined,
  other: Readonly<Record<string, number>> | undefined,
): Readonly<Record<string, number>> | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const sum = { ...one };
  for (const [type, lost] of Object.entries(other)) sum[type] = (sum[type] ?? 0) + lost;
  return sum;
}

/** How many events a gap has lost, as the log names it. */
function lossFields(gap: Gap): Record<string, number> {
  if (gap.lost === null) return {};
  return { [`lost ${boundOf(gap)}`.trim().replaceAll(' ', '_')]: gap.lost };
}
