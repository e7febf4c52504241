import type { FieldValue } from './schema.ts';
import type { Scalar } from './tree.ts';

/** A plain ECS document: nested objects, dotted keys, or both. */
export type Document = Readonly<Record<string, unknown>>;

/** Reads one field off any document. */
export type DocumentReader = (document: Document) => FieldValue;

/**
 * Reads a field by its dotted name. Objects in an array each give their values, as in Elasticsearch; an
 * object itself is no value, nor is anything else that JSON does not have.
 */
export function documentReader(name: string): DocumentReader {
  const parts = name.split('.');
  return (document) => {
    const found: unknown[] = [];
    collect(document, parts, 0, found);
    if (found.length === 0) return null;
    return found.length === 1 ? fieldValueOf(found[0]) : found.flatMap(valuesOf);
  };
}

/** Whether a document has the field, be it null. */
export function documentHas(name: string): (document: Document) => boolean {
  const parts = name.split('.');
  return (document) => {
    const found: unknown[] = [];
    collect(document, parts, 0, found);
    return found.length > 0;
  };
}

/** Gathers what stands at the path from `from` on; a key may hold several parts of it. */
function collect(value: unknown, parts: readonly string[], from: number, found: unknown[]): void {
  if (from === parts.length) {
    found.push(value);
    return;
  }
  if (Array.isArray(value)) {
    for (const element of value) collect(element, parts, from, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  let key = '';
  for (let to = from; to < parts.length; to += 1) {
    key = to === from ? parts[to]! : `${key}.${parts[to]!}`;
    if (Object.hasOwn(value, key)) collect((value as Document)[key], parts, to + 1, found);
  }
}

function fieldValueOf(value: unknown): FieldValue {
  return Array.isArray(value) ? valuesOf(value) : isScalar(value) ? value : null;
}

function valuesOf(value: unknown): Scalar[] {
  return Array.isArray(value) ? value.flatMap(valuesOf) : isScalar(value) ? [value] : [];
}

function isScalar(value: unknown): value is Scalar {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}
