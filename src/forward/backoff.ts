/**
 * How long to wait before the next try. "Full jitter": anywhere between nothing and a ceiling that doubles, so that
 * agents that lost their collector at the same moment do not come back at the same moment
 * (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 */

/** Ceiling of the wait after the first failure, in milliseconds. */
export const BACKOFF_BASE_MS = 1_000;

/** Highest ceiling, in milliseconds: an alert is at most this late once the collector is back. */
export const BACKOFF_CAP_MS = 5 * 60_000;

/** Longest wait a collector may ask for, in milliseconds: a wrong header must not silence a host for a day. */
export const RETRY_AFTER_CAP_MS = 15 * 60_000;

/** Wait after 401, 403 and faults of configuration, in milliseconds: they need a person, not a hammer. */
export const HELD_RETRY_MS = 5 * 60_000;

/** No wait that this file can give is longer. */
export const LONGEST_WAIT_MS = RETRY_AFTER_CAP_MS + BACKOFF_CAP_MS;

/**
 * @param failures failures in a row so far, 1 for the first.
 * @param random in [0, 1).
 * @returns milliseconds in [0, min(capMs, base × 2^(failures−1))).
 */
export function fullJitter(failures: number, random: number, capMs: number = BACKOFF_CAP_MS): number {
  // Beyond 2^30 the cap has long decided; the exponent is bounded so that it can never become Infinity.
  const doublings = Math.min(Math.max(failures - 1, 0), 30);
  return Math.floor(random * Math.min(capMs, BACKOFF_BASE_MS * 2 ** doublings));
}

/** Half of `HELD_RETRY_MS` up to the whole of it. */
export function heldWait(random: number): number {
  return Math.floor(HELD_RETRY_MS * (0.5 + random / 2));
}

/**
 * Reads a Retry-After header (RFC 9110, 10.2.3: seconds or an HTTP date), capped at `RETRY_AFTER_CAP_MS`.
 * @returns milliseconds to wait, or null if there is no such header or it cannot be read.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, RETRY_AFTER_CAP_MS);
  // Every form of HTTP date begins with a day's name; Date.parse alone would take "-5" or "1.5" for dates.
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.min(Math.max(at - nowMs, 0), RETRY_AFTER_CAP_MS);
}
