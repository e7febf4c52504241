/**
 * EQL, Elastic's Event Query Language, as a library: text to a checked tree (`parse`), over documents that
 * are at hand (`search`), over a stream of records (`compile`), and many queries over one stream (`RuleIndex`).
 * It knows nothing of where records come from; fields are read through a resolver.
 *
 *     for (const { events } of search('process where process.name == "security"', documents)) …
 *
 *     const matcher = compile('sequence by user.id with maxspan=1m [any where a] [any where b]', resolver);
 *     for (const record of stream) for (const match of matcher.feed(record)) …
 *     setInterval(() => matcher.advance(Date.now()), 1000);
 *
 * Three dialects: `elasticsearch` (default), `endpoint` with aliases, lineage, `_arraysearch` and comparisons
 * of fields, `python` with its pipes. Missing fields behave as in Elasticsearch in all of them: each leaf of a
 * condition that asks for one does not hold, so its negation does.
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
