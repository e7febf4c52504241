/** What may be given to SQLite. A bigint is left out on purpose: the `sqlite3` driver stores NULL for it. */
export type SqlValue = string | number | null;

/**
 * Checks values on their way into a statement, because the driver changes what it cannot hold without a word:
 * a bigint, undefined and NaN become NULL, integers over 2^53 are rounded.
 * @throws {TypeError} naming the position of the value, counted from 1.
 */
export function bind(values: readonly SqlValue[]): SqlValue[] {
  return values.map((value, index) => {
    if (value === null || typeof value === 'string') return value;
    const exact =
      typeof value === 'number' &&
      Number.isFinite(value) &&
      (!Number.isInteger(value) || Number.isSafeInteger(value));
    if (!exact) {
      const shown = typeof value === 'number' ? String(value) : typeof value;
      throw new TypeError(`Value ${index + 1} cannot be bound to an SQL statement: ${shown}`);
    }
    return value;
  });
}
