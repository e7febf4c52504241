import type { Scalar } from './tree.ts';

/** `any` is for documents that come without a schema: values are compared as what they are. */
export type FieldType = 'string' | 'number' | 'boolean' | 'date' | 'ip' | 'any';

/** What a field holds on one record; null, undefined and arrays of nothing but null are a missing field. */
export type FieldValue = Scalar | readonly (Scalar | null | undefined)[] | null | undefined;

/**
 * How a field is read off a record. A date is epoch milliseconds or ISO 8601 text (UTC where it names no
 * zone); an ip is its text.
 */
export interface Field<R> {
  readonly type: FieldType;
  read(record: R): FieldValue;
}

/** The fields that records of type R have. */
export interface Resolver<R> {
  /** undefined is a name that no schema knows: it reads as missing, and the query gets a warning. */
  field(name: string): Field<R> | undefined;
  /**
   * The elements of an array field, for `_arraysearch`: objects too, whose fields a variable then has. Where
   * it is absent, or gives nothing for a name, the values of the field are the elements.
   */
  elements?(name: string): ((record: R) => readonly unknown[]) | undefined;
  /** The known names, from which a warning suggests one. */
  names?(): Iterable<string>;
}

/** The types of fields, where the records themselves are not at hand; undefined is a name it does not know. */
export type Schema = (name: string) => FieldType | undefined;

/** Something that does not keep a query from running, but that its author should know. */
export interface Warning {
  readonly message: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters (Unicode code points). */
  readonly column: number;
}
