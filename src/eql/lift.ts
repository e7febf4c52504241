import type { Reader } from './readers.ts';
import type { FieldValue } from './schema.ts';
import type { Scalar } from './tree.ts';
import { EvaluationCut, LONG_LIST, LONG_TEXT, type Work } from './work.ts';

/**
 * Combinations of values that one call computes at most. Two fields of several thousand values each give millions,
 * three give more than there is memory for: such an event cannot be evaluated in full, which is told.
 */
export const MAX_COMBINATIONS = 4_194_304;

/** The same in slices, where every combination is held until the call is done with. */
export const MAX_SLICED_COMBINATIONS = 65_536;

/** A function of scalars on what readers give: for fields of several values, the results for every choice. */
export function lift<R>(
  readers: readonly Reader<R>[],
  apply: (args: readonly (Scalar | null)[]) => Scalar | null,
  work?: Work,
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
    if (lists !== undefined) return combineLists(args, lists, apply, work);
    const length = work === undefined ? 0 : lengthOf(args);
    return length < LONG_TEXT ? apply(args) : work!.once(length, () => apply(args));
  };
}

/** The length of the longest text. */
function lengthOf(args: readonly (Scalar | null)[]): number {
  return args.reduce<number>((most, arg) => (typeof arg === 'string' ? Math.max(most, arg.length) : most), 0);
}

function combineLists(
  args: (Scalar | null)[],
  lists: readonly (readonly Scalar[] | undefined)[],
  apply: (args: readonly (Scalar | null)[]) => Scalar | null,
  work: Work | undefined,
): readonly Scalar[] {
  const long = lists.filter((list) => list !== undefined);
  const count = long.reduce((product, list) => product * list.length, 1);
  if (count > MAX_SLICED_COMBINATIONS && long.length > 1) work?.giveUp(tooMany(count));
  if (count > MAX_COMBINATIONS) throw new EvaluationCut(tooMany(count));
  if (work === undefined || count < LONG_LIST) return combine(args, lists, apply);
  const index = lists.indexOf(long[0]);
  const rest = lists.map((list, at) => (at === index ? undefined : list));
  const choices = work.map(long[0]!, (value) => combine(args.with(index, value), rest, apply));
  return choices.flat();
}

function tooMany(count: number): string {
  return `its values can be combined in ${count} ways for one function`;
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
  const choose = (index: number): void => {
    if (index === lists.length) {
      const result = apply(args);
      if (result !== null) results.push(result);
      return;
    }
    const list = lists[index];
    if (list === undefined) choose(index + 1);
    for (const value of list ?? []) {
      args[index] = value;
      choose(index + 1);
    }
  };
  choose(0);
  return results;
}
