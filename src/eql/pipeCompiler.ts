import { Compiler, type FieldLookup } from './compiler.ts';
import { constantValue, foldConstants } from './constants.ts';
import { Count, type MatchKey, Sort, Unique } from './groupPipes.ts';
import type { Match } from './matcher.ts';
import { Filter, Head, Pipeline, type PipeStage, Tail } from './pipes.ts';
import type { Reader } from './readers.ts';
import type { Field, FieldValue, Resolver } from './schema.ts';
import type { FieldReference, Pipe, Scalar } from './tree.ts';

/** Checked pipes to stages; undefined where there are none. */
export function compilePipeline<R>(pipes: readonly Pipe[], resolver: Resolver<R>): Pipeline<R> | undefined {
  if (pipes.length === 0) return undefined;
  return new Pipeline(
    pipes.map((pipe, index) => compilePipe(pipe, resolver, pipes.slice(0, index).some(counts))),
  );
}

function counts({ name }: Pipe): boolean {
  return name === 'count' || name === 'unique_count';
}

/** How many matches `head` and `tail` let through where nothing is said, as in the Python reference. */
const DEFAULT_COUNT = 50;

function compilePipe<R>({ name, args }: Pipe, resolver: Resolver<R>, counted: boolean): PipeStage<R> {
  const compiler = new Compiler<Match<R>>(matchFields(resolver, counted));
  const count = () => (args[0] === undefined ? DEFAULT_COUNT : Number(constantValue(args[0])));
  const key = () => keyOf(args.map((arg) => compiler.value(foldConstants(arg, () => 'any'))));
  switch (name) {
    case 'head':
      return new Head(count());
    case 'tail':
      return new Tail(count());
    case 'filter':
      return new Filter(compiler.condition(foldConstants(args[0]!, () => 'any')));
    case 'sort':
      return new Sort(key());
    case 'unique':
      return new Unique(key());
    case 'count':
      return new Count(key(), false);
    case 'unique_count':
      return new Count(key(), true);
  }
}

/**
 * The fields of a match: those of its first event, `events[n].name` of another, and behind a pipe that counts
 * `count`, `percent` and `key`.
 */
function matchFields<R>(resolver: Resolver<R>, counted: boolean): FieldLookup<Match<R>> {
  return ({ of, name }: FieldReference): Field<Match<R>> | undefined => {
    const ofCount = counted && of === null ? countField<R>(name) : undefined;
    if (ofCount !== undefined) return ofCount;
    const field = resolver.field(name);
    const index = of === null ? 0 : Number(/\d+/.exec(of)![0]);
    const read = ({ events }: Match<R>): FieldValue => {
      const event = events[index];
      return event === null || event === undefined ? null : field?.read(event);
    };
    return field && { type: field.type, read };
  };
}

function countField<R>(name: string): Field<Match<R>> | undefined {
  switch (name) {
    case 'count':
      return { type: 'number', read: (match) => match.count?.count };
    case 'percent':
      return { type: 'number', read: (match) => match.count?.percent };
    case 'key':
      return { type: 'any', read: (match) => match.joinKeys as (Scalar | null)[] };
    default:
      return undefined;
  }
}

/** One value for each expression; of several values the first. */
function keyOf<R>(readers: readonly Reader<Match<R>>[]): MatchKey<R> {
  return (match) =>
    readers.map((read) => {
      const value = read(match);
      if (typeof value !== 'object' || value === null) return value ?? null;
      return value.find((each) => each !== null && each !== undefined) ?? null;
    });
}
