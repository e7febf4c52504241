import { operatorOf, signatureOf } from './signatures.ts';
import type { ArithmeticOperator, Expression, Scalar } from './tree.ts';

/** Computes from two scalars; null where there is no result. */
export type Operation = (left: Scalar, right: Scalar) => Scalar | null;

const LONG_BITS = 64;

/**
 * The operation of an operator. Two integers give an integer, division truncates (7 / 2 is 3) and `%` has the
 * sign of the dividend, as in Java; with a decimal all of it is in doubles. `decimal` says that one operand is
 * a decimal though its value is whole (7.0). null for a division by zero, a result beyond 64 bits, and for
 * operands that are no numbers.
 */
export function operationOf(operator: ArithmeticOperator, decimal: boolean): Operation {
  return (left, right) => {
    if (!isNumeric(left) || !isNumeric(right)) return null;
    return decimal || !isInteger(left) || !isInteger(right)
      ? finite(onNumbers(operator, Number(left), Number(right)))
      : onIntegers(operator, left, right);
  };
}

function isNumeric(value: Scalar): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function isInteger(value: number | bigint): boolean {
  return typeof value === 'bigint' || Number.isInteger(value);
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function onNumbers(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
  }
}

function onIntegers(
  operator: ArithmeticOperator,
  left: number | bigint,
  right: number | bigint,
): Scalar | null {
  // Loose equality: 0 and 0n are both zero.
  if ((operator === '/' || operator === '%') && Number(right) === 0) return null;
  if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) {
    const result = onNumbers(operator, Number(left), Number(right));
    // `+ 0` makes an integer of -0.
    if (Number.isSafeInteger(Math.trunc(result))) return Math.trunc(result) + 0;
  }
  return narrowed(onBigints(operator, BigInt(left), BigInt(right)));
}

function onBigints(operator: ArithmeticOperator, left: bigint, right: bigint): bigint {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
  }
}

/** A number where it is exact, a bigint up to 64 bits, null beyond. */
export function narrowed(value: bigint): number | bigint | null {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  return BigInt.asIntN(LONG_BITS, value) === value ? value : null;
}

/** The number with the other sign; integers have no -0. */
export function opposite(value: Scalar): Scalar | null {
  if (typeof value === 'bigint') return narrowed(-value);
  if (typeof value !== 'number') return null;
  return value === 0 ? 0 : -value;
}

/** Whether an expression is a decimal whatever its value: 7.0 is a decimal that a number does not show. */
export function isDecimal(expression: Expression): boolean {
  switch (expression.kind) {
    case 'literal':
      return expression.type === 'decimal';
    case 'negate':
      return isDecimal(expression.operand);
    case 'arithmetic':
      return isDecimal(expression.left) || isDecimal(expression.right);
    case 'call':
      if (operatorOf(expression) !== undefined) return expression.args.some(isDecimal);
      return signatureOf(expression.name)?.name === 'number' && readsDecimal(expression.args);
    default:
      return false;
  }
}

/** number("7.0") is a decimal. */
function readsDecimal([source, base]: readonly Expression[]): boolean {
  return (
    base === undefined &&
    source?.kind === 'literal' &&
    typeof source.value === 'string' &&
    /^\s*[+-]?[0-9]*[.eE]/.test(source.value)
  );
}
