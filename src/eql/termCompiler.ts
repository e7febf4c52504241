import { clauseOfAny } from './clauses.ts';
import { Compiler, type FieldLookup, type Surroundings } from './compiler.ts';
import { foldConstants } from './constants.ts';
import { literalsOf, type Needs } from './needs.ts';
import { anyEquals, type Test } from './readers.ts';
import type { Field, Schema } from './schema.ts';
import { type EventQuery, type Expression, fieldsOf, isVariable, ownFieldsOf } from './tree.ts';
import type { Work } from './work.ts';

/** Which records an event query takes, and what they must show. */
export interface CompiledTerm<R> {
  /** The aliases that the condition reads. */
  readonly aliases: ReadonlySet<string>;
  /** In the order in which they are best made. */
  readonly tests: readonly Test<R>[];
  readonly needs: Needs;
}

export interface TermOptions<R> {
  readonly schema: Schema;
  readonly field: FieldLookup<R>;
  readonly surroundings: Surroundings<R>;
  readonly work: Work | undefined;
  readonly categoryField: Field<R> | undefined;
  readonly termFilter: ((fields: ReadonlySet<string>) => Test<R> | undefined) | undefined;
  /** Refuses a condition that the dialect cannot run. */
  verify(condition: Expression): void;
}

/** Compiles one event query: of a statement by itself, or of a term. */
export function compileTerm<R>(query: EventQuery, options: TermOptions<R>): CompiledTerm<R> {
  const { schema, field, categoryField, termFilter } = options;
  const condition = foldConstants(query.condition, schema);
  options.verify(condition);
  const references = fieldsOf(query.condition).filter((each) => !isVariable(each));
  const fields = new Set(references.map((each) => each.name));
  const aliases = new Set(references.flatMap(({ of }) => (of === null ? [] : [of])));
  const tests = [new Compiler<R>(field, options.surroundings, options.work).condition(condition)];
  const gate = termFilter?.(new Set(ownFieldsOf(query.condition).map((each) => each.name)));
  if (gate !== undefined) tests.unshift(gate);
  const category = categoryTest(query.category, categoryField);
  if (category !== undefined) tests.unshift(category);
  const categories = query.category === null ? null : new Set([query.category]);
  const literals = literalsOf(condition, (name) => ['string', 'any'].includes(schema(name) ?? 'any'));
  return { tests, aliases, needs: { fields, categories, literals } };
}

/** Category names are compared exactly; without one (`any`) an event needs no category. */
function categoryTest<R>(category: string | null, field: Field<R> | undefined): Test<R> | undefined {
  if (category === null) return undefined;
  return field === undefined ? () => false : anyEquals((record) => field.read(record), category);
}

/** What a record must show to be taken by at least one of several queries. */
export function needsOfAny(needs: readonly Needs[], keys: Iterable<string>): Needs {
  const fields = new Set([...needs.flatMap((each) => [...each.fields]), ...keys]);
  const known = needs.map((each) => each.categories);
  const categories = known.includes(null) ? null : new Set(known.flatMap((each) => [...(each ?? [])]));
  return { fields, categories, literals: clauseOfAny(needs.map((each) => each.literals)) };
}
