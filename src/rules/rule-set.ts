import { fileURLToPath } from 'node:url';
import {
  fieldResolver,
  type KeptEvent,
  keepEvent,
  keptBytes,
  keptResolver,
  type ProcessEvent,
} from '../ecs/index.ts';
import {
  type CompileOptions,
  type Counters,
  compile,
  EqlError,
  EqlSnapshotError,
  type Matcher,
  parse,
  type Resolver,
  RuleIndex,
  type Snapshot,
  StateBudget,
  Work,
} from '../eql/index.ts';
import { RuleError } from './errors.ts';
import { findingsOf, RuleEvaluation } from './evaluation.ts';
import type { Finding } from './finding.ts';
import { readRules } from './loader.ts';
import type { Rule } from './rule.ts';

/** The rules that come with exectap; the path is the same from src/ and from dist/. */
const BUILTIN = fileURLToPath(new URL('../../src/rules/builtin/', import.meta.url));

/** Bytes that the open sequences of all rules may take together. */
const SEQUENCE_STATE_BYTES = 16 * 1024 * 1024;

/** Open sequences by the id of their rule, as plain data that JSON can hold. */
export type RuleState = Record<string, Snapshot>;

/** Rules compiled against the field table and indexed by what they cannot match without. */
export class RuleSet {
  readonly rules: readonly Rule[];
  readonly #work = new Work();
  readonly #budget = new StateBudget(SEQUENCE_STATE_BYTES);
  /** Rules on one event, evaluated on the event as it passes. */
  readonly #single = new RuleIndex<Rule, ProcessEvent>(fieldResolver, { work: this.#work });
  /** Rules that join events, evaluated on events that can be kept. */
  readonly #joined = new RuleIndex<Rule, KeptEvent>(keptResolver, { work: this.#work });
  /** The same rules over passing events, to ask whether one is worth keeping. */
  readonly #gate = new RuleIndex<Rule, ProcessEvent>(fieldResolver);
  readonly #sequences = new Map<Rule, Matcher<KeptEvent>>();

  /** @throws RuleError for a query that does not parse or check */
  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    for (const rule of rules) this.#add(rule);
  }

  /** The rules that come with exectap, and those of the given paths, which replace built-in ones of the same id. */
  static load(
    paths: readonly string[] = [],
    onUnusable: (error: RuleError) => void = () => undefined,
  ): RuleSet {
    const byId = new Map<string, Rule>();
    for (const loaded of readRules(BUILTIN)) {
      if ('error' in loaded) throw loaded.error;
      byId.set(loaded.rule.id, { ...loaded.rule, ruleset: 'exectap' });
    }
    for (const loaded of paths.flatMap((path) => [...readRules(path)])) {
      if ('error' in loaded) onUnusable(loaded.error);
      else if (isUsable(loaded.rule, onUnusable)) byId.set(loaded.rule.id, loaded.rule);
    }
    return new RuleSet([...byId.values()]);
  }

  #add(rule: Rule): void {
    if (!isJoined(rule)) {
      this.#single.add(rule, compileRule(rule, fieldResolver, { work: this.#work, termFilter: exceptForks }));
      return;
    }
    const matcher = compileRule(rule, keptResolver, {
      work: this.#work,
      budget: this.#budget,
      sizeOf: keptBytes,
      termFilter: exceptKeptForks,
    });
    this.#sequences.set(rule, matcher);
    this.#joined.add(rule, matcher);
    this.#gate.add(rule, compileRule(rule, fieldResolver, {}));
  }

  /** Begins the evaluation of an event; it must be done before the next event or any other method. */
  start(event: ProcessEvent): RuleEvaluation {
    const joins = this.#joined.size > 0 && this.#gate.candidates(event).length > 0;
    const joined = joins ? this.#joined.start(keepEvent(event)) : null;
    return new RuleEvaluation(event, this.#single.start(event), joined);
  }

  /** What all rules find in the event, however long it takes. */
  evaluate(event: ProcessEvent): readonly Finding[] {
    const evaluation = this.start(event);
    while (!evaluation.run());
    return evaluation.findings();
  }

  /** Tells the rules that nothing earlier than this comes any more, in milliseconds since the epoch. */
  advance(timeMs: number): Finding[] {
    return this.#sequences.size === 0 ? [] : findingsOf(this.#joined.advance(timeMs));
  }

  /** Tells the rules that nothing comes any more. */
  end(): Finding[] {
    return findingsOf([...this.#sequences].map(([rule, matcher]) => ({ rule, matches: matcher.end() })));
  }

  /** What bounds and clocks have cut from sequences, of all rules together. */
  counters(): Readonly<Counters> {
    const sum: Counters = { lateEvents: 0, droppedKeys: 0, droppedTuples: 0, closedSequences: 0 };
    for (const matcher of this.#sequences.values()) {
      const each = matcher.counters();
      for (const name of Object.keys(sum) as (keyof Counters)[]) sum[name] += each[name];
    }
    return sum;
  }

  /** What is open, to be restored after a restart. Null where no rule keeps anything. */
  snapshot(): RuleState | null {
    if (this.#sequences.size === 0) return null;
    return Object.fromEntries([...this.#sequences].map(([rule, matcher]) => [rule.id, matcher.snapshot()]));
  }

  /**
   * Takes up what `snapshot` gave. A rule that has changed since begins anew.
   *
   * @returns the rules whose state is damaged; they begin anew too
   */
  restore(state: Record<string, unknown>): Rule[] {
    return [...this.#sequences]
      .filter(([rule, matcher]) => !restoreOne(matcher, state[rule.id]))
      .map(([rule]) => rule);
  }
}

function isJoined(rule: Rule): boolean {
  return placed(rule, () => parse(rule.query, { dialect: rule.dialect })).statement.query.kind !== 'event';
}

function compileRule<R>(rule: Rule, resolver: Resolver<R>, options: CompileOptions<R>): Matcher<R> {
  return placed(rule, () => compile(rule.query, resolver, { ...options, dialect: rule.dialect }));
}

/** Turns an error at a place in the query into one at a place in the rule's file. */
function placed<T>(rule: Rule, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EqlError)) throw error;
    throw new RuleError(rule.file, rule.queryLine + error.line - 1, error.message, { cause: error });
  }
}

function isUsable(rule: Rule, onUnusable: (error: RuleError) => void): boolean {
  try {
    compileRule(rule, fieldResolver, {});
    return true;
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    onUnusable(error);
    return false;
  }
}

function restoreOne(matcher: Matcher<KeptEvent>, state: unknown): boolean {
  if (state === undefined) return true;
  try {
    matcher.restore(state);
    return true;
  } catch (error) {
    if (!(error instanceof EqlSnapshotError)) throw error;
    return false;
  }
}

/**
 * A fork shows its parent's program and arguments under the type `start`. A rule that asks only for a start would
 * fire again on every fork of the process it has matched, so a term sees forks only if it tests `event.action`.
 */
function exceptForks(fields: ReadonlySet<string>): ((event: ProcessEvent) => boolean) | undefined {
  return fields.has('event.action') ? undefined : (event) => event.action !== 'fork';
}

const ACTION = keptResolver.field('event.action')!;

function exceptKeptForks(fields: ReadonlySet<string>): ((event: KeptEvent) => boolean) | undefined {
  return fields.has('event.action') ? undefined : (event) => ACTION.read(event) !== 'fork';
}
