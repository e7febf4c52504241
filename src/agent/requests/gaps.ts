import * as v from 'valibot';
import { type RequestKind, requestKind } from '../../control/index.ts';
import {
  type AlertStore,
  DEFAULT_GAP_LIMIT,
  type GapCounts,
  type GapFilter,
  MAX_GAPS,
  type StoredGap,
} from '../../store/index.ts';
import type { AgentParts } from './parts.ts';

/** What `status` counts, in milliseconds before now. */
const STATUS_SPAN_MS = 24 * 60 * 60 * 1_000;
/** Open gaps that `status` shows: there is one for each cause at most. */
const MAX_OPEN_SHOWN = 20;

const listing = v.strictObject({
  sinceMs: v.optional(v.pipe(v.number(), v.safeInteger())),
  open: v.optional(v.boolean(), false),
  limit: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_GAPS + 1)),
    DEFAULT_GAP_LIMIT,
  ),
});

/** What `status` shows of gaps. */
export interface GapSituation {
  readonly open: readonly StoredGap[];
  /** `recent` is the last day. */
  readonly counts: GapCounts;
}

export async function gapSituation(
  store: Pick<AlertStore, 'gaps' | 'gapCounts'>,
  nowMs: number,
): Promise<GapSituation> {
  return {
    open: await store.gaps({ open: true, limit: MAX_OPEN_SHOWN }),
    counts: await store.gapCounts(nowMs - STATUS_SPAN_MS),
  };
}

/** Requests about gaps: times, causes and counts, which hold nothing of anybody's. */
export function gapRequests({ store, gaps }: AgentParts): RequestKind[] {
  return [
    requestKind('gaps.list', { role: 'admin', changes: false }, listing, async (asked, call) => {
      const { sinceMs, open, limit } = asked;
      const filter: GapFilter = { open, limit, ...(sinceMs !== undefined && { sinceMs }) };
      await gaps.settled();
      const found = await store.gaps(filter);
      for (const gap of found) if (!call.signal.aborted) await call.item(gap);
      return { gaps: found.length };
    }),
  ];
}
