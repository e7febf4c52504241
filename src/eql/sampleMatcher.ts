import * as v from 'valibot';
import type { Counters } from './counters.ts';
import { chooseDistinct } from './distinct.ts';
import { compareKeys, type JoinKey } from './keys.ts';
import { type Match, NONE, StatefulMatcher } from './matcher.ts';
import type { Needs } from './needs.ts';
import type { Warning } from './schema.ts';
import type { Step } from './sequencePlan.ts';
import {
  PLACE,
  type RecordReader,
  type RecordWriter,
  readKey,
  readState,
  VALUES,
  writeValues,
} from './snapshot.ts';

const STATE = v.array(v.object({ values: VALUES, records: v.array(v.array(PLACE)) }));

interface Group<R> {
  readonly key: JoinKey;
  /** For each term the earliest records that it takes. */
  readonly records: readonly R[][];
}

/**
 * A sample: for every key one record per term, in any order, no record twice. Which they are is known when
 * the input ends. The earliest are taken; of a term no more are kept than there are terms, for the others
 * can use up only so many.
 */
export class SampleMatcher<R> extends StatefulMatcher<R> {
  readonly warnings: readonly Warning[];
  readonly #terms: readonly Step<R>[];
  readonly #maxKeys: number;
  readonly #needs: Needs;
  readonly #counters: Counters;
  readonly #groups = new Map<JoinKey['id'], Group<R>>();

  constructor(
    terms: readonly Step<R>[],
    maxKeys: number,
    needs: Needs,
    warnings: readonly Warning[],
    counters: Counters,
  ) {
    super();
    this.#terms = terms;
    this.#maxKeys = maxKeys;
    this.#needs = needs;
    this.warnings = warnings;
    this.#counters = counters;
  }

  feed(record: R): readonly Match<R>[] {
    for (const [index, { test, keys }] of this.#terms.entries()) {
      if (!test(record)) continue;
      for (const key of keys(record)) this.#add(index, key, record);
    }
    return NONE;
  }

  #add(term: number, key: JoinKey, record: R): void {
    let group = this.#groups.get(key.id);
    if (group === undefined) {
      if (this.#groups.size >= this.#maxKeys) {
        this.#counters.droppedKeys += 1;
        return;
      }
      group = { key, records: this.#terms.map(() => []) };
      this.#groups.set(key.id, group);
    }
    const records = group.records[term]!;
    if (records.length < this.#terms.length) records.push(record);
  }

  advance(_timeMs: number): readonly Match<R>[] {
    return NONE;
  }

  end(): readonly Match<R>[] {
    const groups = [...this.#groups.values()].sort((a, b) => compareKeys(a.key.values, b.key.values));
    return groups.flatMap(({ key, records }) => {
      const events = chooseDistinct(records);
      return events === undefined ? [] : [{ events, joinKeys: key.values }];
    });
  }

  needs(): Needs {
    return this.#needs;
  }

  counters(): Readonly<Counters> {
    return this.#counters;
  }

  save(records: RecordWriter<R>): v.InferOutput<typeof STATE> {
    return Array.from(this.#groups.values(), (group) => ({
      values: writeValues(group.key.values),
      records: group.records.map((list) => list.map((record) => records.place(record))),
    }));
  }

  load(state: unknown, records: RecordReader<R>): void {
    this.#groups.clear();
    for (const stored of readState(STATE, state)) {
      const key = readKey(stored.values);
      const lists = this.#terms.map((_, term) =>
        (stored.records[term] ?? []).map((place) => records.at(place)),
      );
      this.#groups.set(key.id, { key, records: lists });
    }
  }
}
