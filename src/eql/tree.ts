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
  /**
   * What it is read from: null is the event itself, else an alias (`event0`), a variable (`$entry`),
   * or in a pipe an event of the match (`events[1]`).
   */
  readonly of: string | null;
  /** Empty for a variable itself. */
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

/** `_arraysearch(array, $variable, condition)`: that the condition holds for an element of an array. */
export interface ArraySearch extends Node {
  readonly kind: 'arraySearch';
  readonly array: FieldReference;
  /** With its `$`. */
  readonly variable: string;
  readonly condition: Expression;
}

export type Relation = 'descendant' | 'child' | 'event';

/** `descendant of [ … ]`: how the event's process is related to those that an event query takes. */
export interface Lineage extends Node {
  readonly kind: 'lineage';
  readonly relation: Relation;
  readonly query: EventQuery;
}

export type Expression =
  | ArraySearch
  | Lineage
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

/** `[ category where condition ]` in a sequence or a sample, with what stands behind it. */
export interface Term extends Node {
  readonly kind: 'term';
  /** `![ … ]`: an event that must not be there. */
  readonly missing: boolean;
  readonly query: EventQuery;
  /** The keys of this term alone, behind those of the whole sequence. */
  readonly by: readonly FieldReference[];
  /** How many times in a row it must match; 1 where the text says nothing. */
  readonly runs: number;
  /** The name under which later terms see the event: `as event0`. */
  readonly alias: string | null;
}

export type TimeUnit = 'ms' | 's' | 'm' | 'h' | 'd';

/** `maxspan=1h`. */
export interface Duration extends Node {
  readonly kind: 'duration';
  readonly count: number;
  readonly unit: TimeUnit;
}

export interface SequenceQuery extends Node {
  readonly kind: 'sequence';
  /** Keys that every term has, the missing and the ending ones too. */
  readonly by: readonly FieldReference[];
  readonly maxSpan: Duration | null;
  readonly terms: readonly Term[];
  readonly until: Term | null;
}

export interface SampleQuery extends Node {
  readonly kind: 'sample';
  readonly by: readonly FieldReference[];
  readonly terms: readonly Term[];
}

export type PipeName = 'head' | 'tail' | 'count' | 'unique' | 'unique_count' | 'filter' | 'sort';

/** `| head 10`. */
export interface Pipe extends Node {
  readonly kind: 'pipe';
  readonly name: PipeName;
  readonly args: readonly Expression[];
}

export interface Statement extends Node {
  readonly kind: 'statement';
  readonly query: EventQuery | SequenceQuery | SampleQuery;
  readonly pipes: readonly Pipe[];
}

/** The terms of a query, in the order of the text; an event query has none. */
export function termsOf(query: Statement['query']): readonly Term[] {
  if (query.kind === 'event') return [];
  return query.kind === 'sequence' && query.until !== null ? [...query.terms, query.until] : query.terms;
}

/** Every event query of a statement, in the order of the text. */
export function eventQueriesOf({ query }: Statement): readonly EventQuery[] {
  return query.kind === 'event' ? [query] : termsOf(query).map((term) => term.query);
}

/** Every key of a statement, in the order of the text. */
export function keysOf({ query }: Statement): readonly FieldReference[] {
  return query.kind === 'event' ? [] : [...query.by, ...termsOf(query).flatMap((term) => term.by)];
}

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
    case 'arraySearch':
      return [expression.array, expression.condition];
    case 'lineage':
      return [expression.query.condition];
  }
}

/** Calls `visit` for `expression` and everything below it, parents first. */
export function walk(expression: Expression, visit: (node: Expression) => void): void {
  visit(expression);
  for (const child of childrenOf(expression)) walk(child, visit);
}

/** The fields of the event itself that a condition tests: not those of aliases, variables and lineage. */
export function ownFieldsOf(condition: Expression): FieldReference[] {
  if (condition.kind === 'field') return condition.of === null ? [condition] : [];
  return condition.kind === 'lineage' ? [] : childrenOf(condition).flatMap(ownFieldsOf);
}

/** Whether a reference is to a variable of `_arraysearch`, which no schema can know. */
export function isVariable({ of }: FieldReference): boolean {
  return of?.startsWith('$') === true;
}

/** Every field that `expression` names. */
export function fieldsOf(expression: Expression): FieldReference[] {
  const fields: FieldReference[] = [];
  walk(expression, (node) => {
    if (node.kind === 'field') fields.push(node);
  });
  return fields;
}
