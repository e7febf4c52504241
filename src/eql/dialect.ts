/** Whose EQL is read. Missing fields behave as in Elasticsearch in all of them. */
export type Dialect = 'elasticsearch' | 'endpoint' | 'python';

/** What a dialect allows beyond Elasticsearch's. */
export interface DialectFeatures {
  /** `process.name == process.parent.name`. */
  readonly fieldToField: boolean;
}

export const DIALECTS: Readonly<Record<Dialect, DialectFeatures>> = {
  elasticsearch: { fieldToField: false },
  endpoint: { fieldToField: true },
  python: { fieldToField: true },
};
