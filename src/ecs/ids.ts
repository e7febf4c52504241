import { createHash } from 'node:crypto';

/**
 * Ids are hashes of what identifies a thing, never random: a restart, a capture read again or a repeated
 * upload cannot make a second one. Parts are joined by `|`, which none of them holds:
 * they are numbers, times, hashes and names of ours, and host ids are checked where they come in.
 */
function sha256(parts: readonly (string | number)[]): Buffer {
  return createHash('sha256').update(parts.join('|')).digest();
}

/**
 * One life of a pid, through every exec: its start time is the same in the fork's child and on both sides of an
 * exec, so rules can join fork → exec → exit by it. 22 characters of base64, the form Elastic Defend writes.
 *
 * @param startUs time of the fork in µs since the epoch; NaN (messages before version 3) leaves pid and pidversion
 */
export function entityId(hostId: string, pid: number, startUs: number, pidversion: number): string {
  const life = Number.isNaN(startUs) ? `v${pidversion}` : startUs;
  return sha256([hostId, pid, life]).subarray(0, 16).toString('base64').slice(0, 22);
}

/** Subject is exec's target, fork's child, exit's process. `time` is the text of the message, nine digits. */
export function eventId(
  hostId: string,
  type: string,
  subject: { readonly pid: number; readonly pidversion: number },
  machTime: string,
  time: string,
): string {
  return sha256([hostId, type, subject.pid, subject.pidversion, machTime, time]).toString('hex');
}

/** The rule's version is left out, so that an updated rule does not alert a second time on the same event. */
export function alertId(event: string, rule: string): string {
  return sha256([event, rule]).toString('hex');
}

/**
 * A blind interval. Its end is no part of it: the gap that lasts and the one that has ended are the same.
 *
 * @param nth how many gaps of this cause and start came before it
 */
export function gapId(hostId: string, cause: string, fromMs: number, nth: number): string {
  return sha256([hostId, 'gap', cause, fromMs, ...(nth === 0 ? [] : [nth])]).toString('hex');
}

/** The document that tells of the beginning of a gap; the one of its end has the gap's own id. */
export function gapStartId(gap: string): string {
  return sha256([gap, 'start']).toString('hex');
}
