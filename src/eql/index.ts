/**
 * EQL, Elastic's Event Query Language: text to a checked tree, and to a matcher that runs over a stream of
 * records. It knows nothing of where records come from; fields are read through a resolver.
 */
export { StateBudget } from './budget.ts';
export { type CompileOptions, compile } from './compile.ts';
export type { Counters } from './counters.ts';
export type { Dialect } from './dialect.ts';
export type { Document } from './documents.ts';
export { EqlError, EqlSyntaxError, EqlVerificationError } from './errors.ts';
export {
  Evaluation,
  type Incomplete,
  MAX_RECORD_MS,
  MAX_RULE_MS,
  type Outcome,
  SLICE_MS,
} from './evaluation.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export type { Match, Matcher } from './matcher.ts';
export type { LiteralClause, LiteralTest, Needs } from './needs.ts';
export { print } from './printer.ts';
export { type ParseOptions, parse, type Query } from './query.ts';
export { RuleIndex, type RuleIndexOptions } from './ruleIndex.ts';
export type { Field, FieldType, FieldValue, Resolver, Schema, Warning } from './schema.ts';
export { type SearchOptions, search } from './search.ts';
export { EqlSnapshotError, type Snapshot } from './snapshot.ts';
export type { Location, Span } from './source.ts';
export type * from './tree.ts';
export { Work } from './work.ts';
