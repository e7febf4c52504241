import type { Reader } from './readers.ts';
import type { FieldValue } from './schema.ts';
import type { Scalar } from './tree.ts';

/**
 * Combinations of values that one call computes at most: two fields of several thousand values each would
 * give millions. What is beyond is left out.
 */
export const MAX_COMBINATIONS = 1_048_576;

/** A function of scalars on what readers give: for fields of several values, the results for every choice. */
export function lift<R>(
  readers: readonly Reader<R>[],
  apply: (args: readonly (Scalar | null)[]) => Scalar | null,
): Reader<R> {
  return (record) => {
    const args: (Scalar | null)[] = [];
    let lists: (readonly Scalar[] | undefined)[] | undefined;
    for (const [index, read] of readers.entries()) {
      const value = read(record);
      const list = listOf(value);
      if (list === undefined) args.push(scalarOf(value));
      else {
        args.push(null);
        lists ??= readers.map(() => undefined);
        lists[index] = list;
      }
    }
    return lists === undefined ? apply(args) : combine(args, lists, apply);
  };
}

/** The values of an array with several; undefined for what is a scalar or can be taken as one. */
function listOf(value: FieldValue): readonly Scalar[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const present = value.filter((each): each is Scalar => each !== null && each !== undefined);
  return present.length > 1 ? present : undefined;
}

function scalarOf(value: FieldValue): Scalar | null {
  if (typeof value !== 'object' || value === null) return value ?? null;
  return value.find((each) => each !== null && each !== undefined) ?? null;
}

function combine(
  args: (Scalar | null)[],
  lists: readonly (readonly Scalar[] | undefined)[],
  apply: (args: readonly (Scalar | null)[]) => Scalar | null,
): Scalar[] {
  const results: Scalar[] = [];
  let left = MAX_COMBINATIONS;
  const choose = (index: number): void => {
    if (index === lists.length) {
      left -= 1;
      const result = apply(args);
      if (result !== null) results.push(result);
      return;
    }
    const list = lists[index];
    if (list === undefined) choose(index + 1);
    for (const value of list ?? []) {
      if (left <= 0) return;
      args[index] = value;
      choose(index + 1);
    }
  };
  choose(0);
  return results;
}
