/** Bounds on what a query may cost, to read and to run. */
export interface Limits {
  /** UTF-16 units of query text. */
  readonly maxQueryLength: number;
  /** Parentheses, `not`, signs and function calls inside one another. */
  readonly maxDepth: number;
  /** Arithmetic operators in one query: a chain of them is a tree as deep as the chain is long. */
  readonly maxArithmetic: number;
  /** Join keys of one query for which something is open; the least recently used ones make room. */
  readonly maxKeys: number;
  /** Keys that one event can have: fields of several values give every choice of them. */
  readonly maxKeyTuples: number;
}

/**
 * The longest public rule is some 30 thousand characters and nests less than 20 deep; the stages behind the
 * parser recurse once for each level, so depth must stay far from the stack's end. Sequences join by process, and a Mac
 * starts some ten thousand in the five minutes that the longest public rules span.
 */
export const DEFAULT_LIMITS: Limits = {
  maxQueryLength: 1_048_576,
  maxDepth: 200,
  maxArithmetic: 500,
  maxKeys: 10_000,
  maxKeyTuples: 1000,
};
