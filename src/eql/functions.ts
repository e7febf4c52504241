import { narrowed } from './arithmetic.ts';
import { foldAscii } from './casing.ts';
import type { FunctionName } from './signatures.ts';
import type { Scalar } from './tree.ts';

/** Arguments in the order of the signature; null is missing, undefined is left out. */
type Arguments = readonly (Scalar | null | undefined)[];

export type Apply = (args: Arguments) => Scalar | null;

/** UTF-16 units that `concat` may make: twice a process's arguments at their largest (macOS: 1 MiB). */
export const MAX_CONCAT_LENGTH = 2_097_152;

/** Functions that are no arithmetic and need no preparation. */
export type PlainFunction = Exclude<
  FunctionName,
  'add' | 'cidrMatch' | 'divide' | 'modulo' | 'multiply' | 'subtract'
>;

/** A function on scalars; null where an argument is of a type that it cannot take. */
export function applyOf(name: PlainFunction, insensitive: boolean): Apply {
  const fold = insensitive ? foldAscii : (text: string) => text;
  switch (name) {
    case 'between':
      return (args) => between(args, fold);
    case 'concat':
      return concat;
    case 'endsWith':
      return ([source, part]) => ifTexts(source, part, (a, b) => fold(a).endsWith(fold(b)));
    case 'indexOf':
      return (args) => indexOf(args, fold);
    case 'length':
      return ([source]) => (typeof source === 'string' ? source.length : null);
    case 'number':
      return number;
    case 'startsWith':
      return ([source, part]) => ifTexts(source, part, (a, b) => fold(a).startsWith(fold(b)));
    case 'string':
      return ([value]) => (value === null || value === undefined ? null : String(value));
    case 'stringContains':
      // As in Elasticsearch nothing contains the empty text.
      return ([source, part]) => ifTexts(source, part, (a, b) => b !== '' && fold(a).includes(fold(b)));
    case 'substring':
      return substring;
  }
}

function ifTexts(
  source: Arguments[number],
  part: Arguments[number],
  test: (source: string, part: string) => boolean,
): boolean | null {
  return typeof source === 'string' && typeof part === 'string' ? test(source, part) : null;
}

/** The text between the first `left` and the next `right`, or the last one when greedy; null without them. */
function between([source, left, right, greedy]: Arguments, fold: (text: string) => string): string | null {
  if (typeof source !== 'string' || typeof left !== 'string' || typeof right !== 'string') return null;
  const text = fold(source);
  const found = text.indexOf(fold(left));
  if (found < 0) return null;
  const start = found + left.length;
  const end = greedy === true ? text.lastIndexOf(fold(right)) : text.indexOf(fold(right), start);
  return end < start ? null : source.slice(start, end);
}

/** All values as one text; null with a null among them, or where it would be longer than MAX_CONCAT_LENGTH. */
function concat(values: Arguments): string | null {
  let text = '';
  for (const value of values) {
    if (value === null || value === undefined) return null;
    text += String(value);
    if (text.length > MAX_CONCAT_LENGTH) return null;
  }
  return text;
}

/** The zero-based place of `part` at `start` or behind it; null where there is none. */
function indexOf([source, part, start]: Arguments, fold: (text: string) => string): number | null {
  if (typeof source !== 'string' || typeof part !== 'string') return null;
  const from = Math.max(0, Number(start ?? 0));
  if (from > source.length) return null;
  const found = fold(source).indexOf(fold(part), from);
  return found < 0 ? null : found;
}

/** From `start` up to but without `end`; negative places count from the end, those outside are moved inside. */
function substring([source, start, end]: Arguments): string | null {
  if (typeof source !== 'string') return null;
  const to = end === null || end === undefined ? source.length : Number(end);
  return source.slice(Number(start ?? 0), to);
}

const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const INTEGER = /^([+-]?)(0[xX])?([0-9a-zA-Z]+)$/;
const SMALLEST_BASE = 2;
const LARGEST_BASE = 36;
/** Digits that a number of 64 bits can have, in base 2; more are no number, and cost no time. */
const MAX_DIGITS = 64;

/** The number that a text shows, in a base (default 10, or 16 behind `0x`); null where it is none. */
function number([source, base]: Arguments): Scalar | null {
  if (typeof source !== 'string') return null;
  const text = source.trim();
  const [, sign, hexMark, digits = ''] = INTEGER.exec(text) ?? [];
  const radix = Number(base ?? (hexMark === undefined ? 10 : 16));
  const whole = hexMark !== undefined && radix !== 16 ? undefined : readDigits(digits, radix);
  if (whole !== undefined) return narrowed(sign === '-' ? -whole : whole) ?? Number(text);
  const decimal = radix === 10 && DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(decimal) ? decimal : null;
}

function readDigits(digits: string, radix: number): bigint | undefined {
  const fits = Number.isInteger(radix) && radix >= SMALLEST_BASE && radix <= LARGEST_BASE;
  if (!fits || digits === '' || digits.length > MAX_DIGITS) return undefined;
  let value = 0n;
  for (const digit of digits) {
    const weight = Number.parseInt(digit, radix);
    if (Number.isNaN(weight)) return undefined;
    value = value * BigInt(radix) + BigInt(weight);
  }
  return value;
}
