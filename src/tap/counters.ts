/**
 * What became of the lines so far: lines = exec + fork + exit + control + otherTypes + undecodable + tooLong + blank +
 * overflow.
 */
export interface TapCounters {
  lines: number;
  bytes: number;
  blank: number;
  exec: number;
  fork: number;
  exit: number;
  control: number;
  otherTypes: number;
  /** By event type number; `other` stands for all beyond 256 types. */
  byOtherType: Record<string, number>;
  undecodable: number;
  tooLong: number;
  /** Bytes passed over before the first `{` of a line. */
  junkBytes: number;
  /** Lines whose invalid UTF-8 became U+FFFD. */
  replacedUtf8: number;
  /** Events of a message version newer than any known. */
  newerVersion: number;
  overflow: number;
  lostByKernel: number;
  lostByType: Record<string, number>;
  gaps: number;
  sequenceRestarts: number;
  outOfOrder: number;
  /** The first lines that could not be decoded: at most 8, 200 bytes of each. */
  samples: { line: number; offset: number; reason: string; head: string }[];
}
