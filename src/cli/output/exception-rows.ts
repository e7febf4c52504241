import type { StoredException } from '../../store/index.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';

const HEADER = ['EXCEPTION', 'RULE', 'ENDS', 'HITS', 'LAST HIT', 'UID', 'WHERE', 'REASON'];

/** A table of exceptions, in the order given. */
export function exceptionTable(exceptions: readonly StoredException[], now: number, tty: boolean): string {
  return table(
    HEADER,
    exceptions.map((exception) => [
      exception.id,
      printable(exception.ruleId ?? '*'),
      end(exception, now),
      String(exception.hits),
      iso(exception.lastHitMs) ?? '-',
      String(exception.createdBy),
      printable(exception.where),
      printable(exception.reason),
    ]),
    tty,
  );
}

function end({ removedMs, expiresMs }: StoredException, now: number): string {
  if (removedMs !== null) return `removed ${iso(removedMs)}`;
  if (expiresMs === null) return 'never';
  return expiresMs <= now ? `expired ${iso(expiresMs)}` : iso(expiresMs)!;
}

/** An end in a sentence. */
export function until(expiresMs: number | null): string {
  return expiresMs === null ? 'until it is removed' : `until ${iso(expiresMs)}`;
}

export function exceptionJson(exception: StoredException, now: number): object {
  const { id, ruleId, where, reason, createdMs, createdBy, expiresMs, removedMs, removedBy } = exception;
  return {
    id,
    rule_id: ruleId,
    where,
    reason,
    created: iso(createdMs),
    created_by: createdBy,
    expires: iso(expiresMs),
    expired: expiresMs !== null && expiresMs <= now,
    removed: iso(removedMs),
    removed_by: removedBy,
    hits: exception.hits,
    last_hit: iso(exception.lastHitMs),
  };
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
