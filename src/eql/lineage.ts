import * as v from 'valibot';
import type { Reader, Test } from './readers.ts';
import type { FieldValue } from './schema.ts';
import { readState, readValues, VALUES, writeValues } from './snapshot.ts';
import type { Relation, Scalar } from './tree.ts';

const STATE = v.object({ sources: VALUES, descendants: VALUES });

/** The fields that tell how processes are related; ids must be unique for all time, as entity ids are. */
export interface LineageFields {
  readonly entity: string;
  readonly parent: string;
  /** All known ancestors, where documents carry them; without, descent is followed event by event. */
  readonly ancestry: string;
}

export const DEFAULT_LINEAGE_FIELDS: LineageFields = {
  entity: 'process.entity_id',
  parent: 'process.parent.entity_id',
  ancestry: 'process.Ext.ancestry',
};

export type LineageReaders<R> = Readonly<Record<keyof LineageFields, Reader<R>>>;

/**
 * The processes that an event query has taken, and their descendants. It must see every record before it is
 * asked about it. A process becomes a descendant with the first event behind that of the source which names
 * a source or a descendant as its parent or ancestor; a source is no descendant of its own.
 */
export class LineageTracker<R> {
  readonly #relation: Relation;
  readonly #takes: Test<R>;
  readonly #readers: LineageReaders<R>;
  readonly #sources: RecentIds;
  readonly #descendants: RecentIds;

  /** No more than `maxIds` sources and as many descendants are known; `onDrop` learns of each that is forgotten. */
  constructor(
    relation: Relation,
    takes: Test<R>,
    readers: LineageReaders<R>,
    maxIds: number,
    onDrop: () => void,
  ) {
    this.#relation = relation;
    this.#takes = takes;
    this.#readers = readers;
    this.#sources = new RecentIds(maxIds, onDrop);
    this.#descendants = new RecentIds(maxIds, onDrop);
  }

  observe(record: R): void {
    const id = firstOf(this.#readers.entity(record));
    if (id === undefined) return;
    const isSource = this.#takes(record);
    if (this.#relation === 'descendant' && this.#descends(record)) this.#descendants.add(id);
    if (isSource) this.#sources.add(id);
  }

  #descends(record: R): boolean {
    const parent = firstOf(this.#readers.parent(record));
    if (parent !== undefined && (this.#sources.has(parent) || this.#descendants.has(parent))) return true;
    const ancestry = this.#readers.ancestry(record);
    return Array.isArray(ancestry) && ancestry.some((each) => this.#sources.has(each));
  }

  save(): v.InferOutput<typeof STATE> {
    return { sources: writeValues(this.#sources.all()), descendants: writeValues(this.#descendants.all()) };
  }

  load(state: unknown): void {
    const { sources, descendants } = readState(STATE, state);
    this.#sources.replace(readValues(sources));
    this.#descendants.replace(readValues(descendants));
  }

  /** Whether the record's process has the relation to one that was taken. */
  readonly test: Test<R> = (record) => {
    const { entity, parent } = this.#readers;
    switch (this.#relation) {
      case 'event':
        return this.#sources.has(firstOf(entity(record)));
      case 'child':
        return this.#sources.has(firstOf(parent(record)));
      case 'descendant':
        return this.#descendants.has(firstOf(entity(record)));
    }
  };
}

/** A set of ids that forgets those used least recently. */
class RecentIds {
  readonly #ids = new Set<Scalar>();
  readonly #max: number;
  readonly #onDrop: () => void;

  constructor(max: number, onDrop: () => void) {
    this.#max = max;
    this.#onDrop = onDrop;
  }

  /** From the least recently used on. */
  all(): Scalar[] {
    return [...this.#ids];
  }

  replace(ids: readonly (Scalar | null)[]): void {
    this.#ids.clear();
    for (const id of ids) if (id !== null) this.add(id);
  }

  has(id: Scalar | null | undefined): boolean {
    if (id === undefined || id === null || !this.#ids.has(id)) return false;
    this.#ids.delete(id);
    this.#ids.add(id);
    return true;
  }

  add(id: Scalar): void {
    this.#ids.delete(id);
    this.#ids.add(id);
    if (this.#ids.size <= this.#max) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      this.#onDrop();
      return;
    }
  }
}

function firstOf(value: FieldValue): Scalar | undefined {
  const [first] = Array.isArray(value) ? (value as readonly FieldValue[]) : [value];
  return (first ?? undefined) as Scalar | undefined;
}
