import { type Network, readAddress, readNetwork } from './address.ts';
import type { FieldType } from './schema.ts';
import { readTime } from './time.ts';
import type { ComparisonOperator, Literal, Scalar } from './tree.ts';
import { coerce, compareScalars } from './values.ts';

/** A test of one value. */
export type ScalarTest = (value: Scalar) => boolean;

/** The comparison read from the other side. */
export const MIRRORED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** `value operator literal` for the values of a type; never holds for a value that is not of the type. */
export function compareWith(operator: ComparisonOperator, type: FieldType, literal: Literal): ScalarTest {
  const wanted = coerce(literal, type);
  if (wanted === undefined) return () => false;
  if (type === 'ip') return compareAddress(operator, readNetwork(wanted as string)!);
  if (type === 'date') return (value) => comparePairs(operator, readTime(value), wanted);
  return (value) => compareScalars(operator, value, wanted);
}

/** `left operator right` for two values read from a record. */
export function compareValues(
  operator: ComparisonOperator,
  type: FieldType,
): (l: Scalar, r: Scalar) => boolean {
  if (type === 'date') return (left, right) => comparePairs(operator, readTime(left), readTime(right));
  if (type !== 'ip') return (left, right) => compareScalars(operator, left, right);
  return (left, right) => comparePairs(operator, readAddress(String(left)), readAddress(String(right)));
}

function comparePairs(
  operator: ComparisonOperator,
  left: Scalar | undefined,
  right: Scalar | undefined,
): boolean {
  return left !== undefined && right !== undefined && compareScalars(operator, left, right);
}

/** An address equals a network that holds it; it is below one when it is below all of its addresses. */
function compareAddress(operator: ComparisonOperator, { low, high }: Network): ScalarTest {
  const inside = (address: bigint) => address >= low && address <= high;
  return (value) => {
    const address = typeof value === 'string' ? readAddress(value) : undefined;
    if (address === undefined) return false;
    switch (operator) {
      case '==':
        return inside(address);
      case '!=':
        return !inside(address);
      case '<':
        return address < low;
      case '<=':
        return address <= high;
      case '>':
        return address > high;
      case '>=':
        return address >= low;
    }
  };
}
