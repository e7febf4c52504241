/** Bounds on what a query may cost. */
export interface Limits {
  /** UTF-16 units of query text. */
  readonly maxQueryLength: number;
  /** Parentheses, `not`, signs and function calls inside one another. */
  readonly maxDepth: number;
  /** Arithmetic operators in one query: a chain of them is a tree as deep as the chain is long. */
  readonly maxArithmetic: number;
}

/**
 * The longest public rule is some 30 thousand characters and nests less than 20 deep; the stages behind the
 * parser recurse once for each level, so depth must stay far from the stack's end.
 */
export const DEFAULT_LIMITS: Limits = { maxQueryLength: 1_048_576, maxDepth: 200, maxArithmetic: 500 };
