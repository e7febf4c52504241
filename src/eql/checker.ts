import { constantValue } from './constants.ts';
import type { Dialect } from './dialect.ts';
import { ExpressionChecker, type TypeOf } from './expressionChecker.ts';
import type { Warning } from './schema.ts';
import type { Source } from './source.ts';
import {
  eventQueriesOf,
  fieldsOf,
  isVariable,
  type Pipe,
  type SampleQuery,
  type SequenceQuery,
  type Statement,
  type Term,
  termsOf,
} from './tree.ts';

/**
 * Refuses what parses but cannot run: types that do not agree, joins whose keys do not, sequences that could
 * never match. Returns warnings for what Elasticsearch runs too but that is probably not meant. Throws
 * EqlVerificationError.
 */
export function check(statement: Statement, source: Source, dialect: Dialect, typeOf: TypeOf): Warning[] {
  const checker = new StatementChecker(new ExpressionChecker(source, typeOf), dialect);
  return checker.statement(statement);
}

/** Events of one sequence, its runs written out: each key keeps a place for every one of them. */
const MAX_STAGES = 256;

class StatementChecker {
  readonly #expressions: ExpressionChecker;
  readonly #dialect: Dialect;

  constructor(expressions: ExpressionChecker, dialect: Dialect) {
    this.#expressions = expressions;
    this.#dialect = dialect;
  }

  statement(statement: Statement): Warning[] {
    const { query, pipes } = statement;
    for (const { condition } of eventQueriesOf(statement)) this.#expressions.condition(condition);
    if (query.kind === 'sequence') this.#sequence(query);
    if (query.kind === 'sample') this.#sample(query, pipes);
    for (const pipe of pipes) this.#pipe(pipe);
    return this.#expressions.warnings;
  }

  #sequence(query: SequenceQuery): void {
    const { terms, until, maxSpan } = query;
    this.#keys(query);
    const missing = terms.find((term) => term.missing);
    if (missing !== undefined && maxSpan === null)
      this.#fail('A missing event needs a time span.', missing, 'Write "sequence with maxspan=…".');
    if (terms.every((term) => term.missing))
      this.#fail('A sequence needs at least one event that is not missing.', query);
    const stages = terms.reduce((sum, term) => sum + term.runs, 0);
    if (stages > MAX_STAGES)
      this.#fail(`A sequence has at most ${MAX_STAGES} events, this has ${stages}.`, query);
    if (stages < 2)
      this.#fail('A sequence needs at least two events.', query, 'Write the term twice, or "with runs=2".');
    for (const term of termsOf(query)) if (term.missing || term === until) this.#withoutAliases(term);
    if (until?.missing === true) this.#fail('"until" needs an event that occurs.', until);
    if (until !== null && until.runs > 1) this.#fail('"until" ends with one event: it has no runs.', until);
  }

  /** What must be missing, or ends a sequence, is looked for under a key, not for one open sequence. */
  #withoutAliases(term: Term): void {
    const reference = fieldsOf(term.query.condition).find((field) => field.of !== null && !isVariable(field));
    if (reference === undefined) return;
    const role = term.missing ? 'A missing event' : '"until"';
    this.#fail(`${role} cannot refer to an earlier event (${reference.of}).`, reference);
  }

  #sample(query: SampleQuery, pipes: readonly Pipe[]): void {
    this.#keys(query);
    const { terms, by } = query;
    if (terms.length > MAX_STAGES)
      this.#fail(`A sample has at most ${MAX_STAGES} terms, this has ${terms.length}.`, query);
    if (terms.length < 2) this.#fail('A sample needs at least two terms.', query);
    if (by.length + terms[0]!.by.length === 0) this.#fail('A sample needs at least one join key.', query);
    for (const term of terms) {
      if (term.missing) this.#fail('A sample has no missing events.', term);
      if (term.alias !== null) this.#fail('A sample has no aliases: its events have no order.', term);
      if (term.runs > 1) this.#fail('A sample has no runs: its events have no order.', term);
    }
    if (pipes[0] !== undefined) this.#fail('A sample has no pipes.', pipes[0]);
  }

  /** Keys are compared by their place, so every term must bring as many. */
  #keys(query: SequenceQuery | SampleQuery): void {
    const [first, ...others] = termsOf(query);
    const count = (term: Term) => query.by.length + term.by.length;
    for (const term of others) {
      if (count(term) === count(first!)) continue;
      const message = `Inconsistent number of join keys: the first term has ${count(first!)}, this has ${count(term)}.`;
      this.#fail(message, term);
    }
  }

  #pipe(pipe: Pipe): void {
    switch (pipe.name) {
      case 'head':
      case 'tail':
        if (pipe.args.length > 0 || this.#dialect !== 'python') this.#countPipe(pipe);
        return;
      case 'filter':
        if (pipe.args.length !== 1)
          this.#fail(`The pipe "filter" expects one condition, found ${pipe.args.length}.`, pipe);
        this.#expressions.condition(pipe.args[0]!);
        return;
      default:
        if (pipe.args.length === 0 && pipe.name !== 'count')
          this.#fail(`The pipe "${pipe.name}" expects at least one value, found 0.`, pipe);
        for (const argument of pipe.args) this.#expressions.value(argument);
    }
  }

  #countPipe(pipe: Pipe): void {
    const [argument, ...more] = pipe.args;
    if (argument === undefined || more.length > 0)
      this.#fail(`The pipe "${pipe.name}" expects one number, found ${pipe.args.length}.`, pipe);
    const value = constantValue(argument!);
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
      this.#fail(`The pipe "${pipe.name}" expects a whole number from 0 up.`, argument!);
  }

  #fail(...fault: Parameters<ExpressionChecker['fail']>): never {
    return this.#expressions.fail(...fault);
  }
}
