import { type Comparison, childrenOf, type Expression, isVariable } from '../eql/tree.ts';

/** One place where a condition names a field. */
export interface FieldUse {
  readonly name: string;
  /** Whether the condition holds here for an event that has no such field: it stands in a negation. */
  readonly negated: boolean;
}

/** Every place where a condition names a field, with the negations around it counted. */
export function fieldUses(condition: Expression, negated = false): FieldUse[] {
  switch (condition.kind) {
    case 'field':
      // `$e.name` inside an array search is no field of the event.
      return isVariable(condition) ? [] : [{ name: condition.name, negated }];
    case 'not':
      return fieldUses(condition.operand, !negated);
    case 'comparison':
      return below(condition, isMetByMissing(condition) ? !negated : negated);
    case 'in':
      return below(condition, condition.negated ? !negated : negated);
    default:
      return below(condition, negated);
  }
}

function below(condition: Expression, negated: boolean): FieldUse[] {
  return childrenOf(condition).flatMap((child) => fieldUses(child, negated));
}

/** `x != "a"` and `x == null` hold where x is missing; `x == "a"` and `x != null` do not. */
function isMetByMissing({ operator, left, right }: Comparison): boolean {
  const againstNull = [left, right].some((side) => side.kind === 'literal' && side.value === null);
  return operator === (againstNull ? '==' : '!=');
}
