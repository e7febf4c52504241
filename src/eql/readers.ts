import type { FieldValue } from './schema.ts';
import type { Scalar } from './tree.ts';
import { anyValue, isMissing } from './values.ts';
import { LONG_LIST, type Work } from './work.ts';

/** A condition on a record. */
export type Test<R> = (record: R) => boolean;

/** A value computed from a record. */
export type Reader<R> = (record: R) => FieldValue;

/** Holds where one of the reader's values passes. */
export function anyPasses<R>(read: Reader<R>, test: (scalar: Scalar) => boolean, work?: Work): Test<R> {
  return (record) => {
    const value = read(record);
    if (value === null || value === undefined) return false;
    if (typeof value !== 'object') return test(value);
    if (work === undefined || value.length < LONG_LIST) return anyValue(value, test);
    return work.some(value, (each) => each !== null && each !== undefined && test(each));
  };
}

/** anyPasses for strict equality, the most frequent leaf, without a call for each value. */
export function anyEquals<R>(read: Reader<R>, wanted: string | boolean, work?: Work): Test<R> {
  return (record) => {
    const value = read(record);
    if (typeof value !== 'object') return value === wanted;
    if (value === null) return false;
    if (work === undefined || value.length < LONG_LIST) return value.includes(wanted);
    return work.once(0, () => value.includes(wanted));
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
