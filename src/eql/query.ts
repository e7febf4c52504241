import { check } from './checker.ts';
import { DIALECTS, type Dialect } from './dialect.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { parseStatement } from './parser.ts';
import type { Schema } from './schema.ts';
import { Source } from './source.ts';
import type { Statement } from './tree.ts';

/** A query that has been read and checked. */
export interface Query {
  readonly source: Source;
  readonly dialect: Dialect;
  readonly statement: Statement;
}

export interface ParseOptions {
  /** Default: elasticsearch. */
  readonly dialect?: Dialect;
  /** Those that are left out have their defaults. */
  readonly limits?: Partial<Limits>;
  /** Where given, the types of fields are checked too. */
  readonly schema?: Schema;
}

/**
 * Reads a query and checks what can be checked without a record. Throws EqlSyntaxError for what is not EQL
 * and EqlVerificationError for what cannot be run, both with line, column and an excerpt.
 */
export function parse(text: string, options: ParseOptions = {}): Query {
  const source = new Source(text);
  const dialect = options.dialect ?? 'elasticsearch';
  if (!Object.hasOwn(DIALECTS, dialect))
    throw new TypeError(`dialect must be one of ${Object.keys(DIALECTS).join(', ')}, not ${String(dialect)}`);
  const statement = parseStatement(source, { ...DEFAULT_LIMITS, ...options.limits }, DIALECTS[dialect]);
  check(statement, source, dialect, (field) => options.schema?.(field.name) ?? 'any');
  return { source, dialect, statement };
}
