import { type Comparison, childrenOf, type Expression, isVariable } from '../eql/tree.ts';

/** One place where a condition names a field. */
export interface FieldUse {
  readonly name: string;
  /** Whether the condition holds here for an event that has no such field: it stands in a negation. */
  readonly negated: boolean;
  /** Written with `?`: where no schema knows the name it is null, and so is what is asked of it, negated or not. */
  readonly optional: boolean;
}

/** Every place where a condition names a field, with the negations around it counted. */
export function fieldUses(condition: Expression, negated = false): FieldUse[] {
  switch (condition.kind) {
    case 'field':
      // `$e.name` inside an array search is no field of the event.
      return isVariable(condition) ? [] : [{ name: condition.name, negated, optional: condition.optional }];
    case 'not':
      return fieldUses(condition.operand, !negated);
    case 'comparison':
      return comparisonUses(condition, isMetByMissing(condition) ? !negated : negated);
    case 'in':
      return below(condition, condition.negated ? !negated : negated);
    default:
      return below(condition, negated);
  }
}

/** Of a `?field` that no schema knows, only whether it is null can be asked with an answer. */
function comparisonUses(condition: Comparison, negated: boolean): FieldUse[] {
  const uses = below(condition, negated);
  return isNullTest(condition) ? uses.map((use) => ({ ...use, optional: false })) : uses;
}

function below(condition: Expression, negated: boolean): FieldUse[] {
  return childrenOf(condition).flatMap((child) => fieldUses(child, negated));
}

/** `x != "a"` and `x == null` hold where x is missing; `x == "a"` and `x != null` do not. */
function isMetByMissing(comparison: Comparison): boolean {
  return comparison.operator === (isNullTest(comparison) ? '==' : '!=');
}

function isNullTest({ left, right }: Comparison): boolean {
  return [left, right].some((side) => side.kind === 'literal' && side.value === null);
}
