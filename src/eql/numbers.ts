import type { Literal } from './tree.ts';

const LARGEST_LONG = 2n ** 63n - 1n;

/** Digits beyond which a number is certainly no long; reading a bigint takes more than linear time. */
const MAX_DIGITS = 100;

type Number = Pick<Literal, 'type' | 'value'>;

/** What a run of digits stands for: a 64-bit integer, or a double where it is larger than one. */
export function readInteger(text: string): Number {
  if (text.length > MAX_DIGITS) return readDecimal(text);
  const exact = BigInt(text);
  if (exact > LARGEST_LONG) return readDecimal(text);
  return { type: 'integer', value: exact <= Number.MAX_SAFE_INTEGER ? Number(exact) : exact };
}

/** What a decimal stands for; infinite when a double cannot hold it. */
export function readDecimal(text: string): Number {
  return { type: 'decimal', value: Number(text) };
}

/** The number with the other sign; integers have no -0. */
export function negated(number: Number): Number {
  const { type, value } = number;
  if (typeof value === 'bigint') return { type, value: -value };
  return { type, value: type === 'integer' && value === 0 ? 0 : -(value as number) };
}

/** The literal's text, such that it reads back as the same value of the same type. */
export function printNumber(number: Number): string {
  if (number.type === 'integer') return String(number.value);
  const text = Object.is(number.value, -0) ? '-0' : String(number.value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
