import type { FieldValue } from './schema.ts';
import type { Scalar } from './tree.ts';
import { anyValue, isMissing } from './values.ts';

/** A condition on a record. */
export type Test<R> = (record: R) => boolean;

/** A value computed from a record. */
export type Reader<R> = (record: R) => FieldValue;

/** Holds where one of the reader's values passes. */
export function anyPasses<R>(read: Reader<R>, test: (scalar: Scalar) => boolean): Test<R> {
  return (record) => {
    const value = read(record);
    if (value === null || value === undefined) return false;
    return typeof value === 'object' ? anyValue(value, test) : test(value);
  };
}

/** anyPasses for strict equality, the most frequent leaf, without a call for each value. */
export function anyEquals<R>(read: Reader<R>, wanted: string | boolean): Test<R> {
  return (record) => {
    const value = read(record);
    if (typeof value !== 'object') return value === wanted;
    return value?.includes(wanted) === true;
  };
}

export function exists<R>(read: Reader<R>): Test<R> {
  return (record) => !isMissing(read(record));
}

export function not<R>(test: Test<R>): Test<R> {
  return (record) => !test(record);
}

export function allOf<R>(tests: readonly Test<R>[]): Test<R> {
  const [first, second, ...more] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (more.length === 0) return (record) => first(record) && second(record);
  return (record) => {
    for (const test of tests) if (!test(record)) return false;
    return true;
  };
}

export function anyOf<R>(tests: readonly Test<R>[]): Test<R> {
  const [first, second, ...more] = tests;
  if (first === undefined) return () => false;
  if (second === undefined) return first;
  if (more.length === 0) return (record) => first(record) || second(record);
  return (record) => {
    for (const test of tests) if (test(record)) return true;
    return false;
  };
}
