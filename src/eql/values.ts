import { readNetwork } from './address.ts';
import type { FieldType, FieldValue } from './schema.ts';
import { readTime } from './time.ts';
import type { ComparisonOperator, Literal, Scalar } from './tree.ts';

/** Whether a field holds nothing: null, undefined, an empty array, an array of nothing but null. */
export function isMissing(value: FieldValue): value is null | undefined {
  if (value === null || value === undefined) return true;
  if (typeof value !== 'object') return false;
  for (const element of value) if (element !== null && element !== undefined) return false;
  return true;
}

/** Whether `test` holds for the value or, for an array, for one of its values. */
export function anyValue(value: FieldValue, test: (scalar: Scalar) => boolean): boolean {
  if (value === null || value === undefined) return false;
  if (typeof value !== 'object') return test(value);
  for (const element of value) if (element !== null && element !== undefined && test(element)) return true;
  return false;
}

function isNumeric(value: Scalar): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/**
 * Whether `left operator right` holds: numbers by size, integers and decimals alike; strings by UTF-16 units;
 * booleans have no order; values of two types are never equal and have no order.
 */
export function compareScalars(operator: ComparisonOperator, left: Scalar, right: Scalar): boolean {
  if (operator === '==') return left === right || sameNumber(left, right);
  if (operator === '!=') return left !== right && !sameNumber(left, right);
  const ordered = isNumeric(left) ? isNumeric(right) : typeof left === 'string' && typeof right === 'string';
  if (!ordered) return false;
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

/** A bigint and a number may be the same number. */
function sameNumber(left: Scalar, right: Scalar): boolean {
  return isNumeric(left) && isNumeric(right) && left <= right && !(left < right);
}

/**
 * The literal as a value of a field's type, undefined where it cannot be one. Elasticsearch's term queries
 * read the text "4" as a number for a number field, and the number 4 as text for a keyword; so do we.
 */
export function coerce(literal: Literal, type: FieldType): Scalar | undefined {
  const { value } = literal;
  if (value === null) return undefined;
  switch (type) {
    case 'any':
      return value;
    case 'string':
      return String(value);
    case 'number':
      if (isNumeric(value)) return value;
      return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      return value === 'true' || value === 'false' ? value === 'true' : undefined;
    case 'date':
      return readTime(value);
    case 'ip':
      return typeof value === 'string' && readNetwork(value) !== undefined ? value : undefined;
  }
}
