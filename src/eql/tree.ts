import type { Span } from './source.ts';

/** A value that a record or a literal can hold; bigint for integers that a double would round. */
export type Scalar = string | number | bigint | boolean;

interface Node {
  readonly span: Span;
}

/**
 * A constant. `type` keeps apart what a JavaScript number cannot: 3 and 3.0 divide differently.
 * An integer beyond ±2^53 is a bigint, one beyond 2^63 a decimal, as in Elasticsearch.
 */
export interface Literal extends Node {
  readonly kind: 'literal';
  readonly type: 'null' | 'boolean' | 'integer' | 'decimal' | 'string';
  readonly value: Scalar | null;
}

export interface FieldReference extends Node {
  readonly kind: 'field';
  readonly name: string;
  /** Written with `?`: where no schema knows the name it stands for null. */
  readonly optional: boolean;
}

export interface FunctionCall extends Node {
  readonly kind: 'call';
  /** As written: names are resolved in any case. */
  readonly name: string;
  readonly insensitive: boolean;
  readonly args: readonly Expression[];
}

export interface Negation extends Node {
  readonly kind: 'negate';
  readonly operand: Expression;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';

export interface Arithmetic extends Node {
  readonly kind: 'arithmetic';
  readonly operator: ArithmeticOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';

export interface Comparison extends Node {
  readonly kind: 'comparison';
  readonly operator: ComparisonOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** `operand [not] in (…)` and `in~`. */
export interface Membership extends Node {
  readonly kind: 'in';
  readonly operand: Expression;
  readonly negated: boolean;
  readonly insensitive: boolean;
  readonly values: readonly Expression[];
}

/** `like`, `like~`, `regex`, `regex~`, and `:` which is `like~` in other letters. */
export interface Pattern extends Node {
  readonly kind: 'pattern';
  readonly operator: ':' | 'like' | 'like~' | 'regex' | 'regex~';
  readonly operand: Expression;
  readonly patterns: readonly Literal[];
}

export interface Not extends Node {
  readonly kind: 'not';
  readonly operand: Expression;
}

/** `a and b and c` is one node, so that a long list of conditions is not a deep tree. */
export interface Logical extends Node {
  readonly kind: 'and' | 'or';
  readonly operands: readonly Expression[];
}

export type Expression =
  | Literal
  | FieldReference
  | FunctionCall
  | Negation
  | Arithmetic
  | Comparison
  | Membership
  | Pattern
  | Not
  | Logical;

/** `category where condition`. */
export interface EventQuery extends Node {
  readonly kind: 'event';
  /** null is `any`, which also takes events without a category. */
  readonly category: string | null;
  readonly condition: Expression;
}

export type Statement = EventQuery;

/** The expressions directly below `expression`, in the order of the text. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'field':
      return [];
    case 'call':
      return expression.args;
    case 'negate':
    case 'not':
      return [expression.operand];
    case 'arithmetic':
    case 'comparison':
      return [expression.left, expression.right];
    case 'in':
      return [expression.operand, ...expression.values];
    case 'pattern':
      return [expression.operand, ...expression.patterns];
    case 'and':
    case 'or':
      return expression.operands;
  }
}

/** Calls `visit` for `expression` and everything below it, parents first. */
export function walk(expression: Expression, visit: (node: Expression) => void): void {
  visit(expression);
  for (const child of childrenOf(expression)) walk(child, visit);
}

/** Every field that `expression` names. */
export function fieldsOf(expression: Expression): FieldReference[] {
  const fields: FieldReference[] = [];
  walk(expression, (node) => {
    if (node.kind === 'field') fields.push(node);
  });
  return fields;
}
