import * as v from 'valibot';
import { foldAscii } from './casing.ts';
import { compareKeys, idOf } from './keys.ts';
import type { Match } from './matcher.ts';
import { readMatches, writeMatches } from './pipeState.ts';
import type { PipeStage } from './pipes.ts';
import { type RecordReader, type RecordWriter, readState } from './snapshot.ts';
import type { Scalar } from './tree.ts';

/** The values by which a pipe groups or sorts matches. */
export type MatchKey<R> = (match: Match<R>) => readonly (Scalar | null)[];

interface Group<R> {
  readonly values: readonly (Scalar | null)[];
  readonly first: Match<R>;
  count: number;
}

/** Matches by their keys, the case of ASCII letters ignored, in the order of their first occurrence. */
class Groups<R> {
  readonly #keyOf: MatchKey<R>;
  readonly #groups = new Map<Scalar | null, Group<R>>();
  total = 0;

  constructor(keyOf: MatchKey<R>) {
    this.#keyOf = keyOf;
  }

  /** Whether the match is the first of its group. */
  add(match: Match<R>): boolean {
    this.total += 1;
    const values = this.#keyOf(match);
    const id = idOf(values.map((value) => (typeof value === 'string' ? foldAscii(value) : value)));
    const known = this.#groups.get(id);
    if (known === undefined) this.#groups.set(id, { values, first: match, count: 1 });
    else known.count += 1;
    return known === undefined;
  }

  all(): Group<R>[] {
    return [...this.#groups.values()];
  }

  save(records: RecordWriter<R>): unknown {
    return this.all().map(({ first, count }) => ({
      first: writeMatches([first], records),
      count,
    }));
  }

  load(state: unknown, records: RecordReader<R>): void {
    this.#groups.clear();
    this.total = 0;
    for (const { first, count } of readState(GROUPS, state)) {
      const [match] = readMatches(first, records);
      if (match === undefined) continue;
      this.add(match);
      this.all().at(-1)!.count = count;
      this.total += count - 1;
    }
  }
}

const GROUPS = v.array(v.object({ first: v.unknown(), count: v.number() }));

/** The first match of each group. */
export class Unique<R> implements PipeStage<R> {
  readonly #groups: Groups<R>;

  constructor(keyOf: MatchKey<R>) {
    this.#groups = new Groups(keyOf);
  }

  take(match: Match<R>): readonly Match<R>[] {
    return this.#groups.add(match) ? [match] : [];
  }

  end(): readonly Match<R>[] {
    return [];
  }

  save(records: RecordWriter<R>): unknown {
    return this.#groups.save(records);
  }

  load(state: unknown, records: RecordReader<R>): void {
    this.#groups.load(state, records);
  }
}

/**
 * How many matches each group has, rarest first: by itself (`count`), or with the first match of the group
 * (`unique_count`).
 */
export class Count<R> implements PipeStage<R> {
  readonly #groups: Groups<R>;
  readonly #withFirst: boolean;

  constructor(keyOf: MatchKey<R>, withFirst: boolean) {
    this.#groups = new Groups(keyOf);
    this.#withFirst = withFirst;
  }

  take(match: Match<R>): readonly Match<R>[] {
    this.#groups.add(match);
    return [];
  }

  end(): readonly Match<R>[] {
    const groups = this.#groups.all().sort((a, b) => a.count - b.count || this.#compare(a, b));
    return groups.map(({ values, first, count }) => {
      const counted = { count, percent: count / this.#groups.total };
      return this.#withFirst
        ? { ...first, count: counted }
        : { events: [], joinKeys: values, count: counted };
    });
  }

  #compare(left: Group<R>, right: Group<R>): number {
    return this.#withFirst ? 0 : compareKeys(left.values, right.values);
  }

  save(records: RecordWriter<R>): unknown {
    return this.#groups.save(records);
  }

  load(state: unknown, records: RecordReader<R>): void {
    this.#groups.load(state, records);
  }
}

/** All matches in the order of their keys, null first; equal ones stay as they came. */
export class Sort<R> implements PipeStage<R> {
  readonly #keyOf: MatchKey<R>;
  #matches: Match<R>[] = [];

  constructor(keyOf: MatchKey<R>) {
    this.#keyOf = keyOf;
  }

  take(match: Match<R>): readonly Match<R>[] {
    this.#matches.push(match);
    return [];
  }

  end(): readonly Match<R>[] {
    const keyed = this.#matches.map((match) => ({ match, key: this.#keyOf(match) }));
    return keyed.sort((a, b) => compareKeys(a.key, b.key)).map(({ match }) => match);
  }

  save(records: RecordWriter<R>): unknown {
    return writeMatches(this.#matches, records);
  }

  load(state: unknown, records: RecordReader<R>): void {
    this.#matches = readMatches(state, records);
  }
}
