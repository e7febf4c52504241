import type { Comparison, Expression, Scalar } from '../../../src/eql/index.ts';
import { type Document, read } from './documents.ts';

/**
 * A slow second opinion on what a condition means, written from the description of the semantics and sharing
 * no code with the compiler. `fixed` tells that no record can change the answer.
 */
interface Answer {
  readonly value: boolean | null;
  readonly fixed: boolean;
}

export function modelMatches(condition: Expression, document: Document): boolean {
  return answer(condition, document).value === true;
}

function answer(expression: Expression, document: Document): Answer {
  switch (expression.kind) {
    case 'literal':
      return { value: expression.value as boolean | null, fixed: true };
    case 'not': {
      const { value, fixed } = answer(expression.operand, document);
      return { value: value === null ? null : !value, fixed };
    }
    case 'and':
    case 'or': {
      const decisive = expression.kind === 'or';
      const answers = expression.operands.map((operand) => answer(operand, document));
      const fixed =
        answers.every((each) => each.fixed) || answers.some((each) => each.fixed && each.value === decisive);
      if (answers.some((each) => each.value === decisive)) return { value: decisive, fixed };
      const unknown = answers.some((each) => each.value === null);
      if (fixed) return { value: unknown ? null : !decisive, fixed };
      // Beside what only the record can tell, null is a leaf that does not hold.
      return { value: unknown ? false : !decisive, fixed };
    }
    default:
      return leafAnswer(expression, document);
  }
}

function leafAnswer(expression: Expression, document: Document): Answer {
  if (expression.kind === 'comparison' && comparesWithNull(expression)) return { value: null, fixed: true };
  const fixed = expression.kind === 'comparison' && [expression.left, expression.right].every(isFixed);
  const value = three(expression, document);
  if (fixed) return { value, fixed };
  const negates = (expression.kind === 'comparison' && expression.operator === '!=') || isNotIn(expression);
  return { value: value ?? negates, fixed };
}

function isNotIn(expression: Expression): boolean {
  return expression.kind === 'in' && expression.negated;
}

/** Ordering against null is null whatever the record; equality with what folds to null, too. */
function comparesWithNull({ operator, left, right }: Comparison): boolean {
  const written = [left, right].some((side) => side.kind === 'literal' && side.value === null);
  const equality = operator === '==' || operator === '!=';
  if (written) return !equality;
  return [left, right].some((side) => side.kind !== 'field' && isFixed(side) && three(side, {}) === null);
}

function isFixed(expression: Expression): boolean {
  if (expression.kind === 'literal') return true;
  if (['field', 'in', 'pattern'].includes(expression.kind)) return false;
  return answer(expression, {}).fixed;
}

/** The condition as a value of three-valued logic: null where a field that it asks for is missing. */
function three(expression: Expression, document: Document): boolean | null {
  switch (expression.kind) {
    case 'literal':
      return expression.value as boolean | null;
    case 'field': {
      const found = values(expression, document);
      return found.length === 0 ? null : found.includes(true);
    }
    case 'not': {
      const value = three(expression.operand, document);
      return value === null ? null : !value;
    }
    case 'and':
    case 'or': {
      const decisive = expression.kind === 'or';
      const found = expression.operands.map((operand) => three(operand, document));
      if (found.includes(decisive)) return decisive;
      return found.includes(null) ? null : !decisive;
    }
    case 'comparison':
      return threeComparison(expression, document);
    case 'in': {
      const found = values(expression.operand, document);
      if (found.length === 0) return null;
      const wanted = expression.values.flatMap((value) => values(value, document));
      const lower = (value: Scalar) =>
        expression.insensitive && typeof value === 'string' ? ascii(value) : value;
      const hit = found.some((value) => wanted.some((other) => same(lower(value), lower(other))));
      return hit !== expression.negated;
    }
    case 'pattern': {
      const found = values(expression.operand, document);
      if (found.length === 0) return null;
      const fold = expression.operator === 'like' ? (text: string) => text : ascii;
      return found.some(
        (value) =>
          typeof value === 'string' &&
          expression.patterns.some((pattern) => modelWildcard(fold(pattern.value as string), fold(value))),
      );
    }
    default:
      throw new Error(`not in the model: ${expression.kind}`);
  }
}

function threeComparison({ operator, left, right }: Comparison, document: Document): boolean | null {
  const [some, others] = [values(left, document), values(right, document)];
  for (const [side, found] of [
    [left, others],
    [right, some],
  ] as const) {
    if (side.kind === 'literal' && side.value === null && (operator === '==' || operator === '!='))
      return (found.length === 0) === (operator === '==');
  }
  if (some.length === 0 || others.length === 0) return null;
  const holds = (test: (a: Scalar, b: Scalar) => boolean) => some.some((a) => others.some((b) => test(a, b)));
  const comparable = (a: Scalar, b: Scalar) =>
    typeof a === 'string' ? typeof b === 'string' : isNumber(a) && isNumber(b);
  if (operator === '==') return holds(same);
  if (operator === '!=') return !holds(same);
  if (operator === '<') return holds((a, b) => comparable(a, b) && a < b);
  if (operator === '<=') return holds((a, b) => comparable(a, b) && a <= b);
  if (operator === '>') return holds((a, b) => comparable(a, b) && a > b);
  return holds((a, b) => comparable(a, b) && a >= b);
}

function values(expression: Expression, document: Document): Scalar[] {
  const value =
    expression.kind === 'literal'
      ? expression.value
      : expression.kind === 'field'
        ? read(document, expression.name)
        : three(expression, document);
  const list = Array.isArray(value) ? (value as (Scalar | null)[]) : [value as Scalar | null | undefined];
  return list.filter((each): each is Scalar => each !== null && each !== undefined);
}

function isNumber(value: Scalar): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

function same(a: Scalar, b: Scalar): boolean {
  return a === b || (isNumber(a) && isNumber(b) && a <= b && !(a < b));
}

function ascii(text: string): string {
  return Array.from(text, (each) => (each >= 'A' && each <= 'Z' ? each.toLowerCase() : each)).join('');
}

/** The definition of a wildcard, by cases; exponential. */
export function modelWildcard(pattern: string, text: string): boolean {
  return fits(Array.from(pattern), Array.from(text));
}

function fits(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === '*') return fits(rest, text) || (text.length > 0 && fits(pattern, text.slice(1)));
  return text.length > 0 && (first === '?' || first === text[0]) && fits(rest, text.slice(1));
}
