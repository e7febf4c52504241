import { type CompileOptions, compileParts } from './compile.ts';
import { type Document, documentHas, documentReader } from './documents.ts';
import { compareKeys } from './keys.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { Match } from './matcher.ts';
import { parse, type Query } from './query.ts';
import type { Field, FieldType, FieldValue, Resolver, Schema } from './schema.ts';
import { elementsAt } from './scope.ts';
import { readTime } from './time.ts';
import type { Scalar } from './tree.ts';

export interface SearchOptions
  extends Pick<CompileOptions<Document>, 'dialect' | 'limits' | 'categoryField' | 'timeField' | 'lineage'> {
  /** The types of fields; default is to take values as what they are. */
  readonly schema?: Schema;
  /** The field that orders documents of the same time, ascending, those without it last; default `event.sequence`. */
  readonly tiebreakerField?: string;
}

const DEFAULT_TIME_FIELD = '@timestamp';

/** A document and its place among all of them. */
interface Entry {
  readonly document: Document;
  readonly position: number;
}

/**
 * Runs a query over plain ECS documents, all of which it reads first: they are put in the order of their
 * time, then of the tiebreaker, then as they came; one without a time stays behind the one before it. Matches
 * come in the order of their last event, then of their keys; those of a sample in the order of their keys.
 * Nothing is left out for a bound on keys. Throws as `parse` does.
 */
export function search(
  query: string | Query,
  documents: Iterable<Document>,
  options: SearchOptions = {},
): Match<Document>[] {
  const parsed = typeof query === 'string' ? parse(query, options) : query;
  const entries = inOrder([...documents], options);
  const limits = {
    ...DEFAULT_LIMITS,
    ...options.limits,
    maxKeys: Number.POSITIVE_INFINITY,
    maxKeyTuples: Number.POSITIVE_INFINITY,
  };
  const { categoryField, timeField, lineage } = options;
  const { matcher, pipeline } = compileParts(parsed, resolverOf(entries, options), {
    limits,
    ...(categoryField === undefined ? {} : { categoryField }),
    ...(timeField === undefined ? {} : { timeField }),
    ...(lineage === undefined ? {} : { lineage }),
  });
  const found = [...entries.flatMap((entry) => matcher.feed(entry)), ...matcher.end()];
  const matches = parsed.statement.query.kind === 'sample' ? found : found.sort(compareMatches);
  const piped = pipeline === undefined ? matches : [...pipeline.take(matches), ...pipeline.end()];
  return piped.map((match) => ({
    ...match,
    events: match.events.map((entry) => entry?.document ?? null),
  }));
}

/** By the place of the last event, then by the keys. */
function compareMatches(left: Match<Entry>, right: Match<Entry>): number {
  const order = lastPosition(left) - lastPosition(right);
  return order === 0
    ? compareKeys(left.joinKeys as (Scalar | null)[], right.joinKeys as (Scalar | null)[])
    : order;
}

function lastPosition({ events }: Match<Entry>): number {
  return events.findLast((event) => event !== null)?.position ?? -1;
}

function inOrder(documents: readonly Document[], options: SearchOptions): Entry[] {
  const readTimeField = documentReader(options.timeField ?? DEFAULT_TIME_FIELD);
  const readTiebreaker = documentReader(options.tiebreakerField ?? 'event.sequence');
  let before = Number.NEGATIVE_INFINITY;
  const keyed = documents.map((document) => {
    before = timeOf(readTimeField(document)) ?? before;
    return { document, time: before, tiebreaker: firstScalar(readTiebreaker(document)) };
  });
  // The sort is stable: documents that are equal in both stay as they came.
  keyed.sort((a, b) =>
    a.time === b.time ? compareTiebreakers(a.tiebreaker, b.tiebreaker) : a.time - b.time,
  );
  return keyed.map(({ document }, position) => ({ document, position }));
}

function timeOf(value: FieldValue): number | undefined {
  const scalar = firstScalar(value);
  return scalar === undefined ? undefined : readTime(scalar);
}

function firstScalar(value: FieldValue): Scalar | undefined {
  const [first] = Array.isArray(value) ? (value as readonly FieldValue[]) : [value];
  return (first ?? undefined) as Scalar | undefined;
}

function compareTiebreakers(left: Scalar | undefined, right: Scalar | undefined): number {
  if (left === undefined || right === undefined)
    return Number(left === undefined) - Number(right === undefined);
  return compareKeys([left], [right]);
}

/** Knows the fields of the schema, and what at least one document has. */
function resolverOf(entries: readonly Entry[], options: SearchOptions): Resolver<Entry> {
  const known = new Map<string, Field<Entry> | undefined>();
  const timeField = options.timeField ?? DEFAULT_TIME_FIELD;
  const typeOf = (name: string): FieldType | undefined => {
    const declared = options.schema?.(name);
    if (declared !== undefined) return declared;
    const has = documentHas(name);
    if (!entries.some(({ document }) => has(document))) return undefined;
    return name === timeField ? 'date' : 'any';
  };
  return {
    field(name) {
      if (!known.has(name)) {
        const type = typeOf(name);
        const read = documentReader(name);
        known.set(name, type && { type, read: ({ document }) => read(document) });
      }
      return known.get(name);
    },
    elements: (name) => (entry) => elementsAt(entry.document, name),
  };
}
