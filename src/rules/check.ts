import { fieldResolver } from '../ecs/index.ts';
import { compile, EqlError, parse, type Query } from '../eql/index.ts';
import { eventQueriesOf, keysOf, termsOf } from '../eql/tree.ts';
import { type RuleError, UnusableRuleError } from './errors.ts';
import { fieldUses } from './field-uses.ts';
import type { Loaded } from './loader.ts';
import type { Rule } from './rule.ts';

/**
 * Whether a rule can do its work here. Approximately: what cannot be known here stands only where the rule excludes
 * something by it, so that the rule may alert where it should not, and never misses.
 */
export type Verdict = 'runs' | 'runs approximately' | 'cannot run';

export interface RuleReport {
  readonly file: string;
  readonly line: number | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly verdict: Verdict;
  /** Whether the file is a rule whose query parses. */
  readonly parsed: boolean;
  /** Whether the query also checks: types, keys, functions. */
  readonly checked: boolean;
  readonly fields: Provided;
  readonly categories: Provided;
  /** Why it does not parse or check, or does not run here whatever its fields. */
  readonly problem: string | undefined;
  /** Whether the file or line is not in order, and not only of no use here. */
  readonly broken: boolean;
  readonly warnings: readonly string[];
}

export interface Provided {
  readonly provided: readonly string[];
  /** Asked for and not to be had here. */
  readonly missing: readonly string[];
  /** Not to be had here, and asked for only to exclude something. */
  readonly missingInNegation: readonly string[];
}

/** The categories of the events that this agent makes. */
const CATEGORIES: ReadonlySet<string> = new Set(['process']);

const NOTHING: Provided = { provided: [], missing: [], missingInNegation: [] };

/** Says of a rule file or line whether this agent can run it, and if not, what is missing. */
export function checkLoaded(loaded: Loaded): RuleReport {
  return 'error' in loaded ? unreadable(loaded.error) : checkRule(loaded.rule);
}

function unreadable(error: RuleError): RuleReport {
  const { file, line, problem } = error;
  return { ...blank({ file, line }), problem, broken: !(error instanceof UnusableRuleError) };
}

function blank(known: Pick<RuleReport, 'file' | 'line'> & Partial<RuleReport>): RuleReport {
  return {
    id: undefined,
    name: undefined,
    verdict: 'cannot run',
    parsed: false,
    checked: false,
    fields: NOTHING,
    categories: NOTHING,
    problem: undefined,
    broken: false,
    warnings: [],
    ...known,
  };
}

function checkRule(rule: Rule): RuleReport {
  const report = blank({ file: rule.file, line: rule.queryLine, id: rule.id, name: rule.name });
  let query: Query;
  try {
    query = parse(rule.query, { dialect: rule.dialect });
  } catch (error) {
    return failed(report, rule, error);
  }
  const needs = needsOf(query);
  try {
    const { warnings } = compile(query, fieldResolver);
    const endless = neverEnds(query);
    const verdict = endless === undefined ? verdictOf(needs.fields, needs.categories) : 'cannot run';
    return {
      ...report,
      ...needs,
      parsed: true,
      checked: true,
      verdict,
      problem: endless,
      warnings: warnings.map(({ message }) => message),
    };
  } catch (error) {
    return failed({ ...report, ...needs, parsed: true }, rule, error);
  }
}

const WAITING_PIPES: ReadonlySet<string> = new Set(['tail', 'count', 'unique_count', 'sort']);

/** Why a query finds nothing in a stream: it waits for an end that never comes. */
function neverEnds({ statement: { query, pipes } }: Query): string | undefined {
  if (query.kind === 'sample') return 'a sample waits for the end of the stream, which never comes';
  const pipe = pipes.find(({ name }) => WAITING_PIPES.has(name));
  return pipe && `the pipe ${pipe.name} waits for the end of the stream, which never comes`;
}

function failed(report: RuleReport, rule: Rule, error: unknown): RuleReport {
  if (!(error instanceof EqlError)) throw error;
  return {
    ...report,
    line: rule.queryLine + error.line - 1,
    problem: `column ${error.column}: ${error.message}`,
    broken: true,
  };
}

function verdictOf(...needs: readonly Provided[]): Verdict {
  if (needs.some(({ missing }) => missing.length > 0)) return 'cannot run';
  return needs.some(({ missingInNegation }) => missingInNegation.length > 0) ? 'runs approximately' : 'runs';
}

function needsOf({ statement }: Query): { fields: Provided; categories: Provided } {
  const until = statement.query.kind === 'sequence' ? statement.query.until : null;
  const absent = new Set(
    termsOf(statement.query)
      .filter((term) => term.missing || term === until)
      .map(({ query }) => query),
  );
  const fields = new Uses();
  const categories = new Uses();
  for (const query of eventQueriesOf(statement)) {
    if (query.category !== null) categories.add(query.category, absent.has(query));
    for (const { name, negated, optional } of fieldUses(query.condition))
      fields.add(name, negated && !optional);
  }
  for (const { name } of keysOf(statement)) fields.add(name, false);
  return {
    fields: fields.split((name) => fieldResolver.field(name) !== undefined),
    categories: categories.split((name) => CATEGORIES.has(name)),
  };
}

/** Names, each with whether it is asked for at least once other than to exclude something. */
class Uses {
  readonly #asked = new Map<string, boolean>();

  add(name: string, negated: boolean): void {
    this.#asked.set(name, (this.#asked.get(name) ?? false) || !negated);
  }

  split(isProvided: (name: string) => boolean): Provided {
    const names = [...this.#asked.keys()].sort();
    const missing = names.filter((name) => !isProvided(name));
    return {
      provided: names.filter(isProvided),
      missing: missing.filter((name) => this.#asked.get(name)),
      missingInNegation: missing.filter((name) => !this.#asked.get(name)),
    };
  }
}
