import type { Field, Resolver } from '../eql/index.ts';
import { type AlertSource, alertSource, ancestryOf, type ChainLink } from './alert.ts';
import type { ProcessEvent } from './event.ts';
import { FIELDS, type Value } from './fields.ts';
import { LANGUAGE_TYPE } from './resolver.ts';

/** Events that an alert on a sequence holds at most: they share the bound on its arguments. */
export const MAX_ALERT_EVENTS = 8;

/**
 * An event that a sequence may still need when its record is long gone: the value of every field, and what an alert
 * would say of it. Plain data, so that an agent can write it down and go on with it after a restart.
 */
export interface KeptEvent {
  /** In the order of the field table. */
  readonly values: readonly (Value | readonly Value[])[];
  readonly source: AlertSource;
  readonly entityId: string;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly ancestry: readonly ChainLink[];
}

export function keepEvent(event: ProcessEvent): KeptEvent {
  return {
    values: FIELDS.map((field) => field.read(event) ?? null),
    source: alertSource(event, MAX_ALERT_EVENTS),
    entityId: event.entityIdOf(event.entity),
    timeMs: Math.floor(event.record.timeUs / 1_000),
    ancestry: ancestryOf(event),
  };
}

/** About what a kept event takes in memory, in bytes: its texts twice, once as values and once in its document. */
export function keptBytes({ values }: KeptEvent): number {
  const texts = values
    .flat()
    .reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0);
  return 2 * texts + 1_024;
}

const PLACES = new Map<string, Field<KeptEvent>>(
  FIELDS.map((field, place) => [
    field.name,
    { type: LANGUAGE_TYPE[field.type], read: (kept) => kept.values[place] },
  ]),
);

/** The field table as a sequence sees it. */
export const keptResolver: Resolver<KeptEvent> = {
  field: (name) => PLACES.get(name),
  names: () => PLACES.keys(),
};
