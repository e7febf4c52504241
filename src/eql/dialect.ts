import type { PipeName } from './tree.ts';

/** Whose EQL is read. Missing fields behave as in Elasticsearch in all of them. */
export type Dialect = 'elasticsearch' | 'endpoint' | 'python';

/** What a dialect allows beyond Elasticsearch's. */
export interface DialectFeatures {
  /** `process.name == process.parent.name`. */
  readonly fieldToField: boolean;
  /** `[ … ] as event0`, and `event0.process.name` in later terms. */
  readonly aliases: boolean;
  /** `descendant of [ … ]`, `child of`, `event of`. */
  readonly lineage: boolean;
  /** `_arraysearch(array, $entry, condition)`. */
  readonly variables: boolean;
  /** The pipes; where there are more than head and tail they may name `events[n].field`. */
  readonly pipes: ReadonlySet<PipeName>;
}

/** The pipes of every dialect. */
export const ALL_PIPES: ReadonlySet<PipeName> = new Set([
  'head',
  'tail',
  'count',
  'unique',
  'unique_count',
  'filter',
  'sort',
]);
const HEAD_AND_TAIL: ReadonlySet<PipeName> = new Set(['head', 'tail']);

export const DIALECTS: Readonly<Record<Dialect, DialectFeatures>> = {
  elasticsearch: {
    fieldToField: false,
    aliases: false,
    lineage: false,
    variables: false,
    pipes: HEAD_AND_TAIL,
  },
  endpoint: { fieldToField: true, aliases: true, lineage: true, variables: true, pipes: HEAD_AND_TAIL },
  python: { fieldToField: true, aliases: false, lineage: true, variables: false, pipes: ALL_PIPES },
};
