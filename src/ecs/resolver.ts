import type { Field, FieldType, Resolver } from '../eql/index.ts';
import type { ProcessEvent } from './event.ts';
import { FIELDS, type MappingType } from './fields.ts';

/** What a mapping type of Elasticsearch is to the language. */
export const LANGUAGE_TYPE: Record<MappingType, FieldType> = {
  keyword: 'string',
  constant_keyword: 'string',
  wildcard: 'string',
  match_only_text: 'string',
  long: 'number',
  boolean: 'boolean',
  date: 'date',
};

const BY_NAME = new Map<string, Field<ProcessEvent>>(
  FIELDS.map((field) => [field.name, { type: LANGUAGE_TYPE[field.type], read: field.read }]),
);

/** The field table as the language sees it: rules name fields, the resolver reads them off the event. */
export const fieldResolver: Resolver<ProcessEvent> = {
  field: (name) => BY_NAME.get(name),
  names: () => BY_NAME.keys(),
};
