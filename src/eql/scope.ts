import { documentReader } from './documents.ts';
import type { Test } from './readers.ts';
import type { Field, Resolver } from './schema.ts';
import { type ArraySearch, type FieldReference, isVariable, type Scalar } from './tree.ts';
import { LONG_LIST, type Work } from './work.ts';

/** What an alias stands for while the condition of a later term is evaluated. */
export interface AliasSlot<R> {
  record: R | undefined;
}

/** What a variable stands for while `_arraysearch` goes through an array. */
interface VariableSlot {
  element: unknown;
}

/**
 * Finds the fields of the event, of earlier events by their aliases, and of array elements by their variables.
 * Conditions stay functions of one record: what an alias or a variable stands for is put in its slot before.
 */
export class Scope<R> {
  readonly #resolver: Resolver<R>;
  readonly #work: Work | undefined;
  readonly #aliases = new Map<string, AliasSlot<R>>();
  readonly #variables = new Map<string, VariableSlot>();

  constructor(resolver: Resolver<R>, work?: Work) {
    this.#resolver = resolver;
    this.#work = work;
  }

  alias(name: string): AliasSlot<R> {
    const slot = this.#aliases.get(name) ?? { record: undefined };
    this.#aliases.set(name, slot);
    return slot;
  }

  /** The field that a reference stands for; undefined where no schema knows it. */
  readonly field = (reference: FieldReference): Field<R> | undefined => {
    const { of, name } = reference;
    if (of === null) return this.#resolver.field(name);
    if (isVariable(reference)) return variableField(this.#variable(of), name);
    const field = this.#resolver.field(name);
    const slot = this.alias(of);
    return (
      field && {
        type: field.type,
        read: () => (slot.record === undefined ? null : field.read(slot.record)),
      }
    );
  };

  /** Whether an element of the array meets the condition, which finds it in the variable's slot. */
  readonly arraySearch = ({ array, variable }: ArraySearch, condition: Test<R>): Test<R> => {
    const elements = this.#elements(array);
    const slot = this.#variable(variable);
    return (record) => {
      const outer = slot.element;
      try {
        const passes = (element: unknown) => {
          slot.element = element;
          return condition(record);
        };
        const found = elements(record);
        if (this.#work === undefined || found.length < LONG_LIST) return found.some(passes);
        return this.#work.some(found, passes);
      } finally {
        slot.element = outer;
      }
    };
  };

  #variable(name: string): VariableSlot {
    const slot = this.#variables.get(name) ?? { element: undefined };
    this.#variables.set(name, slot);
    return slot;
  }

  /** The elements of an array, which may be objects where records have such. */
  #elements(array: FieldReference): (record: R) => readonly unknown[] {
    const { of, name } = array;
    if (isVariable(array)) {
      const slot = this.#variable(of!);
      return () => elementsAt(slot.element, name);
    }
    const slot = of === null ? undefined : this.alias(of);
    const field = this.#resolver.field(name);
    const read = this.#resolver.elements?.(name) ?? ((record: R) => listOf(field?.read(record)));
    return (record) => {
      const owner = slot === undefined ? record : slot.record;
      return owner === undefined ? [] : read(owner);
    };
  }
}

function variableField<R>(slot: VariableSlot, name: string): Field<R> {
  if (name === '') return { type: 'any', read: () => listOf(slot.element).filter(isScalar) };
  const read = documentReader(name);
  return { type: 'any', read: () => (isObject(slot.element) ? read(slot.element) : null) };
}

/** The elements of an array inside a document; what is no array is one element. */
export function elementsAt(value: unknown, name: string): readonly unknown[] {
  let found: readonly unknown[] = [value];
  for (const part of name === '' ? [] : name.split('.'))
    found = found.flatMap((each) => (isObject(each) && Object.hasOwn(each, part) ? listOf(each[part]) : []));
  return found.flatMap(listOf);
}

function listOf(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is Scalar {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}
