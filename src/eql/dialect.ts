import type { PipeName } from './tree.ts';

/** Whose EQL is read. Missing fields behave as in Elasticsearch in all of them. */
export type Dialect = 'elasticsearch' | 'endpoint' | 'python';

/** What a dialect allows beyond Elasticsearch's. */
export interface DialectFeatures {
  /** `process.name == process.parent.name`. */
  readonly fieldToField: boolean;
  readonly pipes: ReadonlySet<PipeName>;
}

const HEAD_AND_TAIL: ReadonlySet<PipeName> = new Set(['head', 'tail']);

export const DIALECTS: Readonly<Record<Dialect, DialectFeatures>> = {
  elasticsearch: { fieldToField: false, pipes: HEAD_AND_TAIL },
  endpoint: { fieldToField: true, pipes: HEAD_AND_TAIL },
  python: { fieldToField: true, pipes: HEAD_AND_TAIL },
};
