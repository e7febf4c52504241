import type { AlertRule } from '../ecs/index.ts';
import type { Dialect } from '../eql/index.ts';

/** Where a rule came from. */
export interface RulePlace {
  readonly file: string;
  /** The set of rules it belongs to, shown as `rule.ruleset`. */
  readonly ruleset: string;
  /** Where in the file the query's first line stands, so that a position in the query is one in the file. */
  readonly queryLine: number;
}

/** A detection rule as it was loaded, whatever format it came in. */
export interface Rule extends AlertRule, RulePlace {
  readonly query: string;
  readonly dialect: Dialect;
  /** Index patterns that the rule's author searches; they say which data stream the rule expects. */
  readonly index: readonly string[];
  readonly tags: readonly string[];
  readonly falsePositives: readonly string[];
  /** The investigation guide, Markdown. */
  readonly note: string | undefined;
  readonly setup: string | undefined;
  /** How far back and how often a scheduled search looks: kept for readers, meaningless on a stream. */
  readonly from: string | undefined;
  readonly interval: string | undefined;
  /**
   * The bound on alerts of one scheduled search. A stream has no executions to bound, and an alert is never dropped
   * for its number: kept for readers.
   */
  readonly maxSignals: number;
}
