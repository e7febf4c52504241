import type { Reader } from './readers.ts';
import type { FieldValue } from './schema.ts';
import type { Scalar } from './tree.ts';

/** The values that join the events of a sequence or a sample, in the order of the keys. */
export interface JoinKey {
  /** Equal for equal values, and only for them: what a Map can be keyed by. */
  readonly id: Scalar | null;
  /** null is a missing value of a key written with `?`. */
  readonly values: readonly (Scalar | null)[];
}

/** The keys under which an event joins: none where a key's value is missing, several for arrays. */
export type KeyReader<R> = (record: R) => readonly JoinKey[];

export interface KeyField<R> {
  readonly read: Reader<R>;
  /** Written with `?`: missing values join one another. */
  readonly optional: boolean;
}

const WITHOUT_KEYS: readonly JoinKey[] = [{ id: null, values: [] }];
const NONE: readonly JoinKey[] = Object.freeze([]);

/**
 * Reads the keys of an event, in ascending order. A field of several values gives a key for each distinct
 * one, several such fields every choice, up to `maxTuples`; `onCut` learns how many choices were left out.
 */
export function compileKeys<R>(
  fields: readonly KeyField<R>[],
  maxTuples: number,
  onCut: (count: number) => void,
): KeyReader<R> {
  const [only] = fields;
  if (only === undefined) return () => WITHOUT_KEYS;
  return (record) => {
    const choices: (readonly (Scalar | null)[])[] = [];
    for (const { read, optional } of fields) {
      const values = distinctValues(bounded(read(record), maxTuples, onCut));
      if (values.length > 0) choices.push(values);
      else if (optional) choices.push([null]);
      else return NONE;
    }
    const count = choices.reduce((product, values) => product * values.length, 1);
    if (count > maxTuples) onCut(count - maxTuples);
    return tuplesOf(choices, Math.min(count, maxTuples)).map((values) => ({ id: idOf(values), values }));
  };
}

/** Values of one field beyond what can be keys are not looked at: sorting a whole argument vector is dear. */
function bounded(value: FieldValue, most: number, onCut: (count: number) => void): FieldValue {
  if (typeof value !== 'object' || value === null || value.length <= most) return value;
  onCut(value.length - most);
  return value.slice(0, most);
}

function distinctValues(value: FieldValue): readonly Scalar[] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object') return [plain(value)];
  const present = value.filter((each): each is Scalar => each !== null && each !== undefined);
  return [...new Set(present.map(plain))].sort(compareValues);
}

/** An integer that a number holds exactly is the same key as a bigint and as a number. */
function plain(value: Scalar): Scalar {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The first `count` choices of one value each; the last place changes fastest, so they ascend. */
function tuplesOf(choices: readonly (readonly (Scalar | null)[])[], count: number): (Scalar | null)[][] {
  return Array.from({ length: count }, (_, index) => {
    let rest = index;
    const tuple: (Scalar | null)[] = [];
    for (const values of choices.toReversed()) {
      tuple.unshift(values[rest % values.length]!);
      rest = Math.floor(rest / values.length);
    }
    return tuple;
  });
}

/** Several values become one text in which their types and lengths keep them apart. */
export function idOf(values: readonly (Scalar | null)[]): Scalar | null {
  const [only] = values;
  if (values.length === 0) return null;
  if (values.length === 1) return only!;
  return values.map((value) => `${typeof value},${String(value).length},${String(value)}`).join(';');
}

const RANK: Readonly<Record<string, number>> = { object: 0, boolean: 1, number: 2, bigint: 2, string: 3 };

/** null first, then booleans, numbers by size and texts by UTF-16 units. */
function compareValues(left: Scalar | null, right: Scalar | null): number {
  const rank = RANK[typeof left]! - RANK[typeof right]!;
  if (rank !== 0 || left === null || right === null) return rank;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The order in which the matches of one event, and those of a sample, come. */
export function compareKeys(left: readonly (Scalar | null)[], right: readonly (Scalar | null)[]): number {
  for (const [index, value] of left.entries()) {
    const order = compareValues(value, right[index] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}
