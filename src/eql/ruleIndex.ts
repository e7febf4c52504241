import { mostTelling } from './clauses.ts';
import { Evaluation, type Outcome } from './evaluation.ts';
import { FieldIndex, type Visit } from './fieldIndex.ts';
import type { Matcher } from './matcher.ts';
import type { LiteralClause, Needs } from './needs.ts';
import type { Field, FieldValue, Resolver } from './schema.ts';
import { LONG_LIST, LONG_TEXT, Work } from './work.ts';

export interface RuleIndexOptions {
  /** The one that the matchers were compiled with; without it records are evaluated in one piece. */
  readonly work?: Work;
  /** Default `event.category`. */
  readonly categoryField?: string;
}

interface Entry<T, R> {
  readonly rule: T;
  readonly matcher: Matcher<R>;
}

interface IndexedField<R> {
  readonly field: Field<R>;
  readonly index: FieldIndex;
}

/**
 * Many rules over one stream. Of what a rule cannot match without, one clause is looked up: the values of a
 * record are hashed and searched once for all rules, and only those are evaluated whose clause holds. Rules
 * without such a clause are evaluated on every record of their categories.
 */
export class RuleIndex<T, R> {
  readonly #resolver: Resolver<R>;
  readonly #work: Work;
  readonly #category: Field<R> | undefined;
  readonly #entries: Entry<T, R>[] = [];
  readonly #fields = new Map<string, IndexedField<R>>();
  readonly #fieldList: IndexedField<R>[] = [];
  readonly #byCategory = new Map<string, number[]>();
  readonly #always: number[] = [];
  /** The record for which a rule was last a candidate, by its number. */
  #seen = new Float64Array(0);
  #stamp = 0;

  constructor(resolver: Resolver<R>, options: RuleIndexOptions = {}) {
    this.#resolver = resolver;
    this.#work = options.work ?? new Work();
    this.#category = resolver.field(options.categoryField ?? 'event.category');
  }

  get size(): number {
    return this.#entries.length;
  }

  add(rule: T, matcher: Matcher<R>): void {
    const number = this.#entries.push({ rule, matcher }) - 1;
    if (number >= this.#seen.length) {
      const grown = new Float64Array(Math.max(64, 2 * this.#seen.length));
      grown.set(this.#seen);
      this.#seen = grown;
    }
    const needs = matcher.needs();
    const clause = mostTelling(needs.literals);
    if (clause === undefined || !this.#addClause(clause, number)) this.#addByCategory(needs, number);
  }

  #addClause(clause: LiteralClause, rule: number): boolean {
    const fields = clause.map(({ field }) => this.#field(field));
    if (fields.includes(undefined)) return false;
    for (const [at, test] of clause.entries()) fields[at]!.index.add(test, rule);
    return true;
  }

  #field(name: string): IndexedField<R> | undefined {
    const known = this.#fields.get(name);
    const field = this.#resolver.field(name);
    if (known !== undefined || field === undefined) return known;
    const indexed = { field, index: new FieldIndex() };
    this.#fields.set(name, indexed);
    this.#fieldList.push(indexed);
    return indexed;
  }

  #addByCategory({ categories }: Needs, rule: number): void {
    if (categories === null || this.#category === undefined) {
      this.#always.push(rule);
      return;
    }
    for (const category of categories) {
      const rules = this.#byCategory.get(category);
      if (rules === undefined) this.#byCategory.set(category, [rule]);
      else rules.push(rule);
    }
  }

  /** The rules that the record could match, in the order in which they were added. */
  candidates(record: R): T[] {
    return this.#numbers(record).map((number) => this.#entries[number]!.rule);
  }

  /** What all rules make of the record, in one piece. */
  feed(record: R): Outcome<T, R>[] {
    const outcomes: Outcome<T, R>[] = [];
    for (const number of this.#numbers(record)) {
      const { rule, matcher } = this.#entries[number]!;
      const matches = matcher.feed(record);
      if (matches.length > 0) outcomes.push({ rule, matches });
    }
    return outcomes;
  }

  /** As `feed`, to be run in slices. It must be done before the next record is given to any method. */
  start(record: R): Evaluation<T, R> {
    return new Evaluation(this.#work, this.#search(record), (number) => this.#entries[number]!, record);
  }

  /** Tells all rules the time, in epoch milliseconds. */
  advance(timeMs: number): Outcome<T, R>[] {
    return this.#entries.flatMap(({ rule, matcher }) => {
      const matches = matcher.advance(timeMs);
      return matches.length > 0 ? [{ rule, matches }] : [];
    });
  }

  #numbers(record: R): number[] {
    const search = this.#search(record);
    search.run(Number.POSITIVE_INFINITY);
    return search.found();
  }

  #search(record: R): CandidateSearch<R> {
    this.#stamp += 1;
    const search = new CandidateSearch<R>(record, this.#fieldList, this.#seen, this.#stamp);
    for (const rule of this.#always) search.visit(rule);
    if (this.#byCategory.size > 0) this.#visitCategories(record, search.visit);
    return search;
  }

  #visitCategories(record: R, visit: Visit): void {
    const value = this.#category?.read(record);
    for (const category of Array.isArray(value) ? (value as readonly unknown[]) : [value])
      for (const rule of this.#byCategory.get(category as string) ?? []) visit(rule);
  }
}

/** The candidates for one record, sought field by field; long values of it in slices. */
class CandidateSearch<R> {
  readonly visit: Visit;
  readonly #record: R;
  readonly #fields: readonly IndexedField<R>[];
  readonly #numbers: number[] = [];
  #field = 0;
  /** The value at which to go on in a long list. */
  #at = 0;

  constructor(record: R, fields: readonly IndexedField<R>[], seen: Float64Array, stamp: number) {
    this.#record = record;
    this.#fields = fields;
    this.visit = (rule) => {
      if (seen[rule] === stamp) return;
      seen[rule] = stamp;
      this.#numbers.push(rule);
    };
  }

  /** Whether it is done; it goes on at the next call where `deadline` has passed. */
  run(deadline: number): boolean {
    for (; this.#field < this.#fields.length; this.#field += 1) {
      const { field, index } = this.#fields[this.#field]!;
      const value = field.read(this.#record);
      if (typeof value === 'string') index.visit(value, this.visit);
      else if (typeof value === 'object' && value !== null && !this.#list(value, index, deadline))
        return false;
      if (isLong(value) && performance.now() > deadline) {
        this.#field += 1;
        return this.#field >= this.#fields.length;
      }
    }
    return true;
  }

  #list(values: readonly unknown[], index: FieldIndex, deadline: number): boolean {
    for (; this.#at < values.length; this.#at += 1) {
      if (this.#at % LONG_LIST === LONG_LIST - 1 && performance.now() > deadline) {
        const value = values[this.#at];
        if (typeof value === 'string') index.visit(value, this.visit);
        this.#at += 1;
        return false;
      }
      const value = values[this.#at];
      if (typeof value === 'string') index.visit(value, this.visit);
    }
    this.#at = 0;
    return true;
  }

  found(): number[] {
    return this.#numbers.sort((a, b) => a - b);
  }
}

function isLong(value: FieldValue): boolean {
  if (typeof value === 'string') return value.length >= LONG_TEXT;
  return typeof value === 'object' && value !== null && value.length >= LONG_LIST;
}
