import { fileURLToPath } from 'node:url';
import { fieldResolver, type ProcessEvent } from '../ecs/index.ts';
import { compile, EqlError, type Matcher } from '../eql/index.ts';
import { RuleError } from './errors.ts';
import { readRules } from './loader.ts';
import type { Rule } from './rule.ts';

/** The rules that come with exectap; the path is the same from src/ and from dist/. */
const BUILTIN = fileURLToPath(new URL('../../src/rules/builtin/', import.meta.url));

interface CompiledRule {
  readonly rule: Rule;
  readonly matcher: Matcher<ProcessEvent>;
}

/** Rules compiled against the field table, ready to be evaluated on every event. */
export class RuleSet {
  readonly #compiled: readonly CompiledRule[];

  /** @throws RuleError for a query that does not parse or check */
  constructor(rules: readonly Rule[]) {
    this.#compiled = rules.map((rule) => ({ rule, matcher: compileRule(rule) }));
  }

  /** The rules that come with exectap. @throws RuleError for a file that was damaged */
  static builtin(): RuleSet {
    const rules = [...readRules(BUILTIN)].map((loaded) => {
      if ('error' in loaded) throw loaded.error;
      return { ...loaded.rule, ruleset: 'exectap' };
    });
    return new RuleSet(rules);
  }

  get rules(): Rule[] {
    return this.#compiled.map(({ rule }) => rule);
  }

  /** The rules that match the event. */
  evaluate(event: ProcessEvent): Rule[] {
    const matching: Rule[] = [];
    for (const { rule, matcher } of this.#compiled) {
      if (matcher.feed(event).length > 0) matching.push(rule);
    }
    return matching;
  }
}

function compileRule(rule: Rule): Matcher<ProcessEvent> {
  try {
    return compile(rule.query, fieldResolver, { dialect: rule.dialect, termFilter: exceptForks });
  } catch (error) {
    if (!(error instanceof EqlError)) throw error;
    throw new RuleError(rule.file, rule.queryLine + error.line - 1, error.message, { cause: error });
  }
}

/**
 * A fork shows its parent's program and arguments under the type `start`. A rule that asks only for a start would
 * fire again on every fork of the process it has matched, so a term sees forks only if it tests `event.action`.
 */
function exceptForks(fields: ReadonlySet<string>): ((event: ProcessEvent) => boolean) | undefined {
  return fields.has('event.action') ? undefined : (event) => event.action !== 'fork';
}
