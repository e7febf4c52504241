import { DOCUMENT_ARGUMENT_BYTES } from './arguments.ts';
import type { ProcessEvent } from './event.ts';
import { FIELDS, type FieldDefinition, type Value } from './fields.ts';

/** An ECS document: nested objects, as it is stored, sent and printed. */
export type Document = { [name: string]: Value | readonly Value[] | Document | readonly Document[] };

interface Writer {
  readonly path: readonly string[];
  readonly read: NonNullable<FieldDefinition['document']>;
}

const WRITERS: readonly Writer[] = FIELDS.map((field) => ({
  path: field.name.split('.'),
  read: field.document ?? field.read,
}));

/**
 * The document of an event: every field of the table that the event has, absent ones left out.
 *
 * @param argumentBytes bytes of JSON that its arguments and command lines may take together
 */
export function eventDocument(
  event: ProcessEvent,
  argumentBytes: number = DOCUMENT_ARGUMENT_BYTES,
): Document {
  const document: Document = {};
  for (const { path, read } of WRITERS) {
    const value = read(event, argumentBytes);
    if (value !== null && value !== undefined) place(document, path, value);
  }
  return document;
}

function place(document: Document, path: readonly string[], value: Value | readonly Value[]): void {
  let object = document;
  for (const name of path.slice(0, -1)) {
    object[name] ??= {};
    object = object[name] as Document;
  }
  object[path.at(-1)!] = value;
}
