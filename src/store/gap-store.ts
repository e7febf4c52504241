/** What the agent keeps of gaps: the intervals in which executions may have happened that no rule saw. */

export interface GapState {
  /** Hash of host, cause and start: the same gap found again is one. */
  id: string;
  cause: string;
  fromMs: number;
  /** Until when it is known to have lasted: of use only where the run is cut off before the gap ends. */
  lastMs: number;
  /** Null while it lasts. */
  toMs: number | null;
  /** Events that were lost; null where nobody can tell. */
  lost: number | null;
  /** False: `lost` is a bound or an estimate. */
  exact: boolean;
  detail: string | null;
  /** What the numbers of single event types told of the loss. */
  lostByType: Record<string, number> | null;
}

/** What destinations are told of a gap. */
export interface GapDocument {
  /** Never random, and never of an alert: a repeated upload makes no second document. */
  id: string;
  /** JSON text: exactly what destinations receive. */
  document: string;
}

export interface SavedGap extends GapState {
  /** Those that are known so far. One with an id that is there already is left alone. */
  documents: readonly GapDocument[];
}

export interface StoredGap extends GapState {
  /** Rises in the order in which gaps were noticed. */
  number: number;
}

export interface GapFilter {
  /** Only gaps that lasted at or after this time; open ones do. */
  sinceMs?: number;
  /** Only gaps that last. */
  open?: boolean;
  /** At most so many, the newest. */
  limit?: number;
}

export interface GapCounts {
  /** Gaps that are kept. */
  total: number;
  open: number;
  /** Gaps that lasted at or after the time that was asked for. */
  recent: number;
  /** What those are known to have lost. */
  recentLost: number;
  /** Gaps that were forgotten because there were more than `MAX_GAPS`. */
  forgotten: number;
}

/**
 * Gaps that are kept; beyond it the oldest goes, with what was not sent of it. At one in each minute, which is a broken
 * tap, this is a week; 10,000 rows with their documents are some 20 MiB.
 */
export const MAX_GAPS = 10_000;

/** Gaps `gaps` returns when no limit is given. */
export const DEFAULT_GAP_LIMIT = 1_000;

export interface GapStore {
  /**
   * Writes gaps as they are now, all or none, and a delivery of each new document for every known destination. A gap
   * that has ended is not changed any more: what was told of it stands.
   */
  saveGaps(gaps: readonly SavedGap[]): Promise<void>;

  /** Newest start first. */
  gaps(filter?: GapFilter): Promise<StoredGap[]>;

  gapCounts(sinceMs: number): Promise<GapCounts>;
}
