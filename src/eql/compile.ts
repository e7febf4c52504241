import { check } from './checker.ts';
import { Compiler } from './compiler.ts';
import { DIALECTS } from './dialect.ts';
import { EqlVerificationError } from './errors.ts';
import { fold } from './fold.ts';
import { EventMatcher, type Matcher } from './matcher.ts';
import { literalsOf } from './needs.ts';
import { type ParseOptions, parse, type Query } from './query.ts';
import { anyEquals, type Test } from './readers.ts';
import type { Field, Resolver, Schema, Warning } from './schema.ts';
import type { Source } from './source.ts';
import { closest } from './suggest.ts';
import { type Expression, fieldsOf, type Scalar, type Statement, walk } from './tree.ts';

export interface CompileOptions<R> extends Pick<ParseOptions, 'dialect' | 'limits'> {
  /** The field that holds an event's category; default `event.category`. */
  readonly categoryField?: string;
  /**
   * Called once for each event query with the names of the fields that its condition tests. What it returns
   * must hold too for a record to match: an agent keeps a query that does not ask for the kind of an event
   * from matching kinds that its author did not think of.
   */
  readonly termFilter?: (fields: ReadonlySet<string>) => Test<R> | undefined;
}

/**
 * A query made ready for records of type R. Types are checked against the resolver's fields; a name that it
 * does not know is a warning. `dialect` and `limits` count only where `query` is text. Throws as `parse` does.
 */
export function compile<R>(
  query: string | Query,
  resolver: Resolver<R>,
  options: CompileOptions<R> = {},
): Matcher<R> {
  const { source, dialect, statement } = typeof query === 'string' ? parse(query, options) : query;
  const schema: Schema = (name) => resolver.field(name)?.type;
  const categoryField = resolver.field(options.categoryField ?? 'event.category');
  const warnings = [
    ...check(statement, source, (field) => schema(field.name) ?? 'any'),
    ...unknownFields(statement, source, resolver),
    ...unknownCategory(statement, source, categoryField),
  ];
  const condition = foldConstants(statement.condition, schema);
  if (!DIALECTS[dialect].fieldToField) refuseFieldComparisons(condition, source);

  const fields = new Set(fieldsOf(statement.condition).map((field) => field.name));
  const categories = statement.category === null ? null : new Set([statement.category]);
  const tests = [new Compiler<R>((name) => resolver.field(name)).condition(condition)];
  const gate = options.termFilter?.(fields);
  if (gate !== undefined) tests.unshift(gate);
  const category = categoryTest(statement.category, categoryField);
  if (category !== undefined) tests.unshift(category);
  const literals = literalsOf(condition, (name) => ['string', 'any'].includes(schema(name) ?? 'any'));
  return new EventMatcher(tests, { fields, categories, literals }, warnings);
}

/** Category names are compared exactly; without one (`any`) an event needs no category. */
function categoryTest<R>(category: string | null, field: Field<R> | undefined): Test<R> | undefined {
  if (category === null) return undefined;
  return field === undefined ? () => false : anyEquals((record) => field.read(record), category);
}

function foldConstants(condition: Expression, schema: Schema): Expression {
  const constants = new Compiler<null>(() => undefined);
  return fold(condition, {
    isUnknown: (name) => schema(name) === undefined,
    evaluate: (constant) => constants.value(constant)(null) as Scalar | null,
  });
}

/** A name behind `?` is meant to be unknown at times; any other is likely a typing error. */
function unknownFields<R>({ condition }: Statement, source: Source, resolver: Resolver<R>): Warning[] {
  const warned = new Set<string>();
  const warnings: Warning[] = [];
  for (const { name, optional, span } of fieldsOf(condition)) {
    if (optional || warned.has(name) || resolver.field(name) !== undefined) continue;
    warned.add(name);
    const meant = closest(name, resolver.names?.() ?? []);
    const suggestion = meant === undefined ? '' : ` Did you mean ${meant}?`;
    const message = `${name} is in no known schema and reads as missing.${suggestion}`;
    warnings.push({ message, ...source.locate(span.start) });
  }
  return warnings;
}

/** A query by category over records that have none is accepted, as a query by an unknown field is. */
function unknownCategory<R>(statement: Statement, source: Source, field: Field<R> | undefined): Warning[] {
  if (statement.category === null || field !== undefined) return [];
  const message = 'The field of the category is in no known schema: no event has a category.';
  return [{ message, ...source.locate(statement.span.start) }];
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
