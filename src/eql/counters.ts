/** What a matcher could not keep or not trust, since it was compiled. */
export interface Counters {
  /** Events whose time was before that of an earlier one. */
  lateEvents: number;
  /** Join keys whose open sequences were dropped, the least recently used ones, to stay within a bound. */
  droppedKeys: number;
  /** Choices of values, of events with several values in a key, that were left out. */
  droppedTuples: number;
  /** Open sequences that ended because the clock that stamps the events was set back. */
  closedSequences: number;
}

export function newCounters(): Counters {
  return { lateEvents: 0, droppedKeys: 0, droppedTuples: 0, closedSequences: 0 };
}
