import type { StateBudget } from './budget.ts';
import { check } from './checker.ts';
import { newCounters } from './counters.ts';
import { DIALECTS, type Dialect } from './dialect.ts';
import { EqlVerificationError } from './errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { DEFAULT_LINEAGE_FIELDS, type LineageFields, LineageTracker } from './lineage.ts';
import { LineageMatcher } from './lineageMatcher.ts';
import { EventMatcher, type Matcher, type StatefulMatcher } from './matcher.ts';
import { compilePipeline } from './pipeCompiler.ts';
import { PipedMatcher } from './pipedMatcher.ts';
import type { Pipeline } from './pipes.ts';
import { print } from './printer.ts';
import { type ParseOptions, parse, type Query } from './query.ts';
import { allOf, type Reader, type Test } from './readers.ts';
import { SampleMatcher } from './sampleMatcher.ts';
import type { Field, Resolver, Schema, Warning } from './schema.ts';
import { Scope } from './scope.ts';
import { SequenceCompiler } from './sequenceCompiler.ts';
import { SequenceMatcher } from './sequenceMatcher.ts';
import type { Source } from './source.ts';
import { closest } from './suggest.ts';
import { compileTerm, type TermOptions } from './termCompiler.ts';
import {
  type Expression,
  eventQueriesOf,
  type FieldReference,
  fieldsOf,
  isVariable,
  keysOf,
  type Lineage,
  type PipeName,
  type Statement,
  walk,
} from './tree.ts';
import type { Work } from './work.ts';

export interface CompileOptions<R> extends Pick<ParseOptions, 'dialect' | 'limits'> {
  /** The field that holds an event's category; default `event.category`. */
  readonly categoryField?: string;
  /** The field that holds an event's time, from which spans are measured; default `@timestamp`. */
  readonly timeField?: string;
  /**
   * Called once for each event query with the names of the fields that its condition tests. What it returns
   * must hold too for a record to match: an agent keeps a query that does not ask for the kind of an event
   * from matching kinds that its author did not think of.
   */
  readonly termFilter?: (fields: ReadonlySet<string>) => Test<R> | undefined;
  /** The fields that tell how processes are related. */
  readonly lineage?: LineageFields;
  /** Has long values evaluated in slices, by a RuleIndex that is given the same one. */
  readonly work?: Work;
  /** What the open sequences of all queries that are given the same one may take together. */
  readonly budget?: StateBudget;
  /** What a record takes in memory, in bytes; default 1,024. Only a budget asks for it. */
  readonly sizeOf?: (record: R) => number;
}

/** What a record of an executed process with usual arguments takes. */
const USUAL_RECORD_BYTES = 1024;

/**
 * A query made ready for records of type R. Types are checked against the resolver's fields; a name that it
 * does not know is a warning. `dialect` counts only where `query` is text. Throws as `parse` does.
 */
export function compile<R>(
  query: string | Query,
  resolver: Resolver<R>,
  options: CompileOptions<R> = {},
): Matcher<R> {
  const { matcher, pipeline } = compileParts(query, resolver, options);
  if (pipeline === undefined) return matcher;
  const piped = new PipedMatcher(matcher, pipeline);
  piped.identity = matcher.identity;
  return piped;
}

/** The query, and the pipes behind it where it has any. */
export function compileParts<R>(
  query: string | Query,
  resolver: Resolver<R>,
  options: CompileOptions<R>,
): { matcher: StatefulMatcher<R>; pipeline: Pipeline<R> | undefined } {
  const parsed = typeof query === 'string' ? parse(query, options) : query;
  const { pipes } = parsed.statement;
  const matcher = new StatementCompiler(parsed, resolver, options).matcher();
  matcher.identity = `${parsed.dialect} ${print(parsed.statement)}`;
  return { matcher, pipeline: compilePipeline(pipes, resolver) };
}

const WAITING_PIPES: ReadonlySet<PipeName> = new Set(['tail', 'count', 'unique_count', 'sort']);

class StatementCompiler<R> {
  readonly #statement: Statement;
  readonly #source: Source;
  readonly #dialect: Dialect;
  readonly #resolver: Resolver<R>;
  readonly #options: CompileOptions<R>;
  readonly #schema: Schema;
  readonly #scope: Scope<R>;
  readonly #terms: TermOptions<R>;
  readonly #counters = newCounters();
  readonly #trackers: LineageTracker<R>[] = [];

  constructor({ statement, source, dialect }: Query, resolver: Resolver<R>, options: CompileOptions<R>) {
    this.#statement = statement;
    this.#source = source;
    this.#dialect = dialect;
    this.#resolver = resolver;
    this.#options = options;
    this.#schema = (name) => resolver.field(name)?.type;
    this.#scope = new Scope(resolver, options.work);
    this.#terms = {
      schema: this.#schema,
      field: this.#scope.field,
      work: options.work,
      surroundings: {
        arraySearch: this.#scope.arraySearch,
        lineage: (lineage) => this.#lineage(lineage),
      },
      categoryField: resolver.field(options.categoryField ?? 'event.category'),
      termFilter: options.termFilter,
      verify: (condition) => {
        if (!DIALECTS[dialect].fieldToField) refuseFieldComparisons(condition, source);
      },
    };
  }

  matcher(): StatefulMatcher<R> {
    const { query } = this.#statement;
    const warnings = [
      ...check(this.#statement, this.#source, this.#dialect, (field) => this.#schema(field.name) ?? 'any'),
      ...this.#unknownFields(),
      ...this.#unknownCategory(),
      ...this.#unknownTime(),
      ...this.#unknownLineage(),
      ...this.#waitsForEnd(),
    ];
    const matcher = this.#inner(query, warnings);
    if (this.#trackers.length === 0) return matcher;
    const { entity, parent } = this.#options.lineage ?? DEFAULT_LINEAGE_FIELDS;
    return new LineageMatcher(matcher, this.#trackers, [entity, parent]);
  }

  #inner(query: Statement['query'], warnings: readonly Warning[]): StatefulMatcher<R> {
    if (query.kind === 'event') {
      const { tests, needs } = compileTerm(query, this.#terms);
      return new EventMatcher(tests, needs, warnings, this.#counters);
    }
    const { maxKeys, maxKeyTuples } = { ...DEFAULT_LIMITS, ...this.#options.limits };
    const counters = this.#counters;
    const compiler = new SequenceCompiler(
      this.#terms,
      this.#scope,
      maxKeyTuples,
      counters,
      this.#timeField(),
    );
    if (query.kind === 'sample') {
      const { steps, needs } = compiler.sample(query);
      return new SampleMatcher(steps, maxKeys, needs, warnings, counters);
    }
    const { plan, needs } = compiler.sequence(query);
    const { budget, sizeOf = () => USUAL_RECORD_BYTES } = this.#options;
    return new SequenceMatcher(plan, { maxKeys, budget, sizeOf }, needs, warnings, counters);
  }

  #lineage({ relation, query }: Lineage): Test<R> {
    const { tests } = compileTerm(query, this.#terms);
    const { entity, parent, ancestry } = this.#options.lineage ?? DEFAULT_LINEAGE_FIELDS;
    const reader = (name: string): Reader<R> => {
      const field = this.#resolver.field(name);
      return (record) => field?.read(record);
    };
    const readers = { entity: reader(entity), parent: reader(parent), ancestry: reader(ancestry) };
    const { maxKeys } = { ...DEFAULT_LIMITS, ...this.#options.limits };
    const tracker = new LineageTracker(relation, allOf(tests), readers, maxKeys, () => {
      this.#counters.droppedKeys += 1;
    });
    this.#trackers.push(tracker);
    return tracker.test;
  }

  #timeField(): Field<R> | undefined {
    return this.#resolver.field(this.#options.timeField ?? '@timestamp');
  }

  /** A name behind `?` is meant to be unknown at times; any other is likely a typing error. */
  #unknownFields(): Warning[] {
    const warned = new Set<string>();
    const warnings: Warning[] = [];
    for (const field of fieldsOfStatement(this.#statement)) {
      const { name, optional, span } = field;
      if (isVariable(field) || optional || warned.has(name) || this.#resolver.field(name) !== undefined)
        continue;
      warned.add(name);
      const meant = closest(name, this.#resolver.names?.() ?? []);
      const suggestion = meant === undefined ? '' : ` Did you mean ${meant}?`;
      const message = `${name} is in no known schema and reads as missing.${suggestion}`;
      warnings.push({ message, ...this.#source.locate(span.start) });
    }
    return warnings;
  }

  /** A query by category over records that have none is accepted, as a query by an unknown field is. */
  #unknownCategory(): Warning[] {
    const [asking] = eventQueriesOf(this.#statement).filter((query) => query.category !== null);
    if (asking === undefined || this.#terms.categoryField !== undefined) return [];
    const message = 'The field of the category is in no known schema: no event has a category.';
    return [{ message, ...this.#source.locate(asking.span.start) }];
  }

  /** Lineage needs the ids of processes; ancestors can be followed. */
  #unknownLineage(): Warning[] {
    const { entity, parent } = this.#options.lineage ?? DEFAULT_LINEAGE_FIELDS;
    const missing = [entity, parent].filter((name) => this.#resolver.field(name) === undefined);
    if (missing.length === 0) return [];
    const lineages: Lineage[] = [];
    for (const { condition } of eventQueriesOf(this.#statement))
      walk(condition, (node) => {
        if (node.kind === 'lineage') lineages.push(node);
      });
    const message = `Lineage reads ${missing.join(' and ')}, which is in no known schema.`;
    return lineages.slice(0, 1).map(({ span }) => ({ message, ...this.#source.locate(span.start) }));
  }

  /** What is known only when the input ends is never known of a stream that does not. */
  #waitsForEnd(): Warning[] {
    const { query, pipes } = this.#statement;
    const waiting = query.kind === 'sample' ? query : pipes.find(({ name }) => WAITING_PIPES.has(name));
    if (waiting === undefined) return [];
    const subject = waiting.kind === 'sample' ? 'A sample' : `What "${waiting.name}" lets through`;
    const message = `${subject} is known only when the input ends: a stream that goes on gives no match.`;
    return [{ message, ...this.#source.locate(waiting.span.start) }];
  }

  #unknownTime(): Warning[] {
    const { query } = this.#statement;
    if (query.kind !== 'sequence' || query.maxSpan === null || this.#timeField() !== undefined) return [];
    const message = 'The field of the time is in no known schema: no span is ever exceeded.';
    return [{ message, ...this.#source.locate(query.maxSpan.span.start) }];
  }
}

function fieldsOfStatement(statement: Statement): FieldReference[] {
  return [
    ...eventQueriesOf(statement).flatMap((query) => fieldsOf(query.condition)),
    ...keysOf(statement),
  ].sort((a, b) => a.span.start - b.span.start);
}

/** Elasticsearch compares a field with constants only. */
function refuseFieldComparisons(condition: Expression, source: Source): void {
  const readsField = (expression: Expression) => fieldsOf(expression).length > 0;
  walk(condition, (node) => {
    const offender =
      node.kind === 'in'
        ? node.values.find(readsField)
        : node.kind === 'comparison' && readsField(node.left) && readsField(node.right)
          ? node.right
          : undefined;
    if (offender === undefined) return;
    const message = 'A field can be compared only with constants in the elasticsearch dialect.';
    throw new EqlVerificationError(
      message,
      source,
      offender.span.start,
      'The endpoint dialect compares fields.',
    );
  });
}
