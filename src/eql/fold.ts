import { isDecimal } from './arithmetic.ts';
import { parameterAt, signatureOf } from './signatures.ts';
import type { Span } from './source.ts';
import {
  type Comparison,
  childrenOf,
  type Expression,
  type FieldReference,
  type FunctionCall,
  type Literal,
  type Logical,
  type Scalar,
} from './tree.ts';

/** How folding learns what only the compiler knows. */
export interface FoldContext {
  /** Whether no schema knows the field: written with `?` it is then the literal null. */
  isUnknown(field: FieldReference): boolean;
  /** The value of an expression without fields; null is "cannot be told". */
  evaluate(constant: Expression): Scalar | null;
}

/**
 * The expression with everything computed that no record can change. Constants are three-valued: `not null`
 * is null, and a condition that is null does not match. Where a null meets what only a record can tell it
 * stays, and the compiler lets it be false there, as Elasticsearch does for every leaf of a condition.
 */
export function fold(expression: Expression, context: FoldContext): Expression {
  const { span } = expression;
  switch (expression.kind) {
    case 'literal':
      return expression;
    case 'field':
      return expression.optional && context.isUnknown(expression) ? literal(null, span) : expression;
    case 'comparison':
      return foldComparison(expression, context);
    case 'and':
    case 'or':
      return foldLogical(expression, context);
    case 'not': {
      const operand = fold(expression.operand, context);
      return evaluated({ ...expression, operand }, context);
    }
    case 'negate': {
      const operand = fold(expression.operand, context);
      return isNull(operand) ? operand : evaluated({ ...expression, operand }, context);
    }
    case 'arithmetic': {
      const left = fold(expression.left, context);
      const right = fold(expression.right, context);
      if (isNull(left) || isNull(right)) return literal(null, span);
      return evaluated({ ...expression, left, right }, context);
    }
    case 'in': {
      const operand = fold(expression.operand, context);
      if (isNull(operand)) return literal(null, span);
      const values = expression.values.map((value) => fold(value, context));
      return evaluated({ ...expression, operand, values }, context);
    }
    case 'pattern': {
      const operand = fold(expression.operand, context);
      return isNull(operand) ? literal(null, span) : evaluated({ ...expression, operand }, context);
    }
    case 'arraySearch':
      return { ...expression, condition: fold(expression.condition, context) };
    case 'lineage': {
      const condition = fold(expression.query.condition, context);
      return { ...expression, query: { ...expression.query, condition } };
    }
    case 'call':
      return foldCall({ ...expression, args: expression.args.map((arg) => fold(arg, context)) }, context);
  }
}

/**
 * A null that stands in the text asks whether the other side exists; one that comes of folding (an unknown
 * `?field`) makes the comparison null, unless both sides are null, which is equal.
 */
function foldComparison(comparison: Comparison, context: FoldContext): Expression {
  const { span, operator } = comparison;
  const left = fold(comparison.left, context);
  const right = fold(comparison.right, context);
  const folded = { ...comparison, left, right };
  const equality = operator === '==' || operator === '!=';
  if (equality && isNull(left) && isNull(right)) return literal(operator === '==', span);
  if (equality && (isNull(comparison.left) || isNull(comparison.right))) return evaluated(folded, context);
  if (isNull(left) || isNull(right)) return literal(null, span);
  return evaluated(folded, context);
}

/** null for an argument that cannot be null makes the result null. */
function foldCall(call: FunctionCall, context: FoldContext): Expression {
  const signature = signatureOf(call.name);
  const decides = (index: number) =>
    signature === undefined || parameterAt(signature, index)?.nullable !== true;
  if (call.args.some((arg, index) => isNull(arg) && decides(index))) return literal(null, call.span);
  return evaluated(call, context);
}

/** Drops what cannot decide, stops at what does. */
function foldLogical(logical: Logical, context: FoldContext): Expression {
  const decisive = logical.kind === 'or';
  const operands: Expression[] = [];
  for (const each of logical.operands) {
    const operand = fold(each, context);
    if (operand.kind !== 'literal' || operand.value === null) operands.push(operand);
    else if (operand.value === decisive) return literal(decisive, logical.span);
  }
  if (operands.length === 0) return literal(!decisive, logical.span);
  if (operands.every(isNull)) return literal(null, logical.span);
  // One operand alone stays below its operator: bare, a field of several booleans would compare otherwise.
  return { ...logical, operands };
}

function evaluated(expression: Expression, context: FoldContext): Expression {
  if (!childrenOf(expression).every((child) => child.kind === 'literal')) return expression;
  return literal(context.evaluate(expression), expression.span, isDecimal(expression));
}

function isNull(expression: Expression): boolean {
  return expression.kind === 'literal' && expression.value === null;
}

function literal(value: Scalar | null, span: Span, decimal = false): Literal {
  const type = decimal && typeof value === 'number' ? 'decimal' : typeOfScalar(value);
  return { kind: 'literal', type, value, span };
}

function typeOfScalar(value: Scalar | null): Literal['type'] {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'string';
  return typeof value === 'bigint' || Number.isInteger(value) ? 'integer' : 'decimal';
}
