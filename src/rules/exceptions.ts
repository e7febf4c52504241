import { createHash } from 'node:crypto';
import { type KeptEvent, keptResolver, mayBeCut } from '../ecs/index.ts';
import {
  compile,
  EqlError,
  type Evaluation,
  type Matcher,
  parse,
  print,
  type Query,
  RuleIndex,
  SLICE_MS,
  Work,
} from '../eql/index.ts';
import { closest } from '../eql/suggest.ts';
import { eventQueriesOf, fieldsOf, isVariable } from '../eql/tree.ts';
import { ExectapError } from '../errors.ts';
import type { Finding } from './finding.ts';

/** Bytes of a condition: some hundred comparisons, and a request on the control socket holds it. */
export const MAX_CONDITION_BYTES = 8 * 1024;

/**
 * Time on the exceptions to one finding, in milliseconds, after which it makes an alert: the events of a long
 * sequence are evaluated one by one, and everything waits behind them.
 */
const MAX_FINDING_MS = 5_000;

/** A condition under which what a rule finds makes no alert. The event itself is kept from nothing. */
export interface Exception {
  readonly id: string;
  /** Null: whatever the rule. */
  readonly ruleId: string | null;
  /** EQL, as it stands behind `process where`. */
  readonly where: string;
  /** When it ends, in milliseconds since the epoch; null is never. */
  readonly expiresMs: number | null;
}

/** An exception cannot be used: what is wrong with it, for an error of EQL with the place. */
export class ExceptionError extends ExectapError {}

/** A checked condition, and the fields that it asks for. */
interface Condition {
  readonly query: Query;
  readonly fields: ReadonlySet<string>;
}

/**
 * The id of an exception: 12 hexadecimal digits over the rule and the condition as EQL prints it, so that the same
 * exception, spaced otherwise, is one. Its reason and its end can change.
 *
 * @throws ExceptionError where the condition cannot be used, or covers whatever any rule finds
 */
export function exceptionId({ ruleId, where }: Pick<Exception, 'ruleId' | 'where'>): string {
  const { query, fields } = readCondition(where);
  if (ruleId === null && fields.size === 0) {
    throw new ExceptionError('an exception to every rule must ask for a field: this one asks for none', {
      remedy: 'Name what is to be excepted, or the rule.',
    });
  }
  const said = JSON.stringify([ruleId, print(query.statement)]);
  return createHash('sha256').update(said).digest('hex').slice(0, 12);
}

/**
 * A field that no event has is refused, where a rule would only be warned of: it reads as missing, so the condition
 * covers nothing or, in a negation, more than its author wrote.
 */
function readCondition(where: string): Condition {
  const bytes = Buffer.byteLength(where);
  if (bytes > MAX_CONDITION_BYTES)
    throw new ExceptionError(
      `a condition of ${bytes} bytes is longer than one may be (${MAX_CONDITION_BYTES})`,
    );
  const query = placed(() =>
    parse(`process where ${where}`, { schema: (name) => keptResolver.field(name)?.type }),
  );
  const { statement } = query;
  if (statement.query.kind !== 'event' || statement.pipes.length > 0)
    throw new ExceptionError('an exception is one condition, without pipes: it is asked of one event');
  const named = eventQueriesOf(statement).flatMap(({ condition }) => fieldsOf(condition));
  const fields = new Set(named.filter((field) => !isVariable(field)).map(({ name }) => name));
  for (const name of fields) if (keptResolver.field(name) === undefined) throw unknownField(name);
  return { query, fields };
}

function unknownField(name: string): ExceptionError {
  const near = closest(name, keptResolver.names?.() ?? []);
  return new ExceptionError(
    `no event has the field ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
    {
      remedy: 'exectap convert shows the fields of the events of a capture.',
    },
  );
}

/** The excerpt with its caret is for the person who wrote the condition. */
function placed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EqlError)) throw error;
    throw new ExceptionError(String(error), { cause: error });
  }
}

interface Compiled<E extends Exception> {
  readonly exception: E;
  readonly fields: ReadonlySet<string>;
}

type Index<E extends Exception> = RuleIndex<Compiled<E>, KeptEvent>;

/** Exceptions, compiled and indexed by the rule and by what they cannot hold without. */
export class ExceptionSet<E extends Exception = Exception> {
  readonly #work = new Work();
  readonly #byRule = new Map<string | null, Index<E>>();

  constructor(exceptions: readonly E[] = []) {
    for (const exception of exceptions) this.add(exception);
  }

  /** @throws ExceptionError where its condition cannot be used */
  add(exception: E): void {
    const { query, fields } = readCondition(exception.where);
    const matcher: Matcher<KeptEvent> = placed(() => compile(query, keptResolver, { work: this.#work }));
    let index = this.#byRule.get(exception.ruleId);
    if (index === undefined) {
      index = new RuleIndex(keptResolver, { work: this.#work });
      this.#byRule.set(exception.ruleId, index);
    }
    index.add({ exception, fields }, matcher);
  }

  /**
   * Begins to ask which exceptions cover a finding; it must be done before the next one is begun, and for a rule on
   * one event before the next event. Exceptions to a rule do not cover the alert that the rule could not be
   * evaluated in full, which has an id of its own.
   *
   * @param timeMs the time by which exceptions have expired
   */
  start(finding: Finding, timeMs: number): ExceptionEvaluation<E> {
    const indexes = [null, finding.rule.id].flatMap((rule) => this.#byRule.get(rule) ?? []);
    return new ExceptionEvaluation(indexes, finding, timeMs);
  }
}

/** Whether a finding is covered, asked in slices that leave the event loop free in between. */
export class ExceptionEvaluation<E extends Exception> {
  readonly #timeMs: number;
  readonly #steps: readonly (readonly [Index<E>, KeptEvent])[];
  #next = 0;
  #step: Evaluation<Compiled<E>, KeptEvent> | null = null;
  #spentMs = 0;
  #covering: readonly E[] = [];

  constructor(indexes: readonly Index<E>[], finding: Finding, timeMs: number) {
    this.#timeMs = timeMs;
    const events = indexes.length === 0 ? [] : finding.events();
    this.#steps = events.flatMap((event) => indexes.map((index) => [index, event] as const));
  }

  /** Goes on for some milliseconds; true when it is known whether the finding is covered, or given up. */
  run(): boolean {
    const started = performance.now();
    while (this.#covering.length === 0 && this.#next < this.#steps.length) {
      if (!this.#runStep()) break;
      if (performance.now() - started > SLICE_MS) break;
    }
    this.#spentMs += performance.now() - started;
    if (this.#spentMs > MAX_FINDING_MS) this.#next = this.#steps.length;
    return this.#covering.length > 0 || this.#next >= this.#steps.length;
  }

  /** What covers the finding: those that hold on the first event on which one does. Empty: it makes an alert. */
  covering(): readonly E[] {
    return this.#covering;
  }

  /** Whether the step is done. What could not be evaluated in full is none of the outcomes, and covers nothing. */
  #runStep(): boolean {
    const [index, event] = this.#steps[this.#next]!;
    this.#step ??= index.start(event);
    if (!this.#step.run()) return false;
    this.#covering = this.#step.outcomes
      .map(({ rule }) => rule)
      .filter(({ fields }) => ![...fields].some((field) => mayBeCut(event, field)))
      .map(({ exception }) => exception)
      .filter(({ expiresMs }) => expiresMs === null || this.#timeMs < expiresMs);
    this.#step = null;
    this.#next += 1;
    return true;
  }
}
