import {
  type CompileOptions,
  compile,
  type FieldType,
  type FieldValue,
  type Resolver,
} from '../../../src/eql/index.ts';

export type Document = Readonly<Record<string, unknown>>;

/** A field of a plain document: a dotted key, or nested objects; an object itself is no value. */
export function read(document: Document, name: string): FieldValue {
  const value = Object.hasOwn(document, name)
    ? document[name]
    : name.split('.').reduce(step, document as unknown);
  return typeof value === 'object' && !Array.isArray(value) ? null : (value as FieldValue);
}

function step(value: unknown, part: string): unknown {
  const inside = typeof value === 'object' && value !== null && Object.hasOwn(value, part);
  return inside ? (value as Document)[part] : undefined;
}

/** Knows every name, and no types. */
export const untyped: Resolver<Document> = {
  field: (name) => ({ type: 'any', read: (document) => read(document, name) }),
};

/** Knows only the names in `types`, and the category's. */
export function typed(types: Readonly<Record<string, FieldType>>): Resolver<Document> {
  const all: Readonly<Record<string, FieldType>> = { 'event.category': 'string', ...types };
  return {
    field(name) {
      const type = all[name];
      return type === undefined ? undefined : { type, read: (document) => read(document, name) };
    },
    names: () => Object.keys(all),
  };
}

/** Whether the query takes the one document. */
export function matches(
  query: string,
  document: Document,
  resolver: Resolver<Document> = untyped,
  options: CompileOptions<Document> = {},
): boolean {
  return compile(query, resolver, options).feed(document).length > 0;
}
