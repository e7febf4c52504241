import type { Micros } from './clock.ts';
import type { KeyReader } from './keys.ts';
import type { Reader, Test } from './readers.ts';
import type { AliasSlot } from './scope.ts';

/** Which events a term takes, and what joins them. */
export interface Step<R> {
  readonly test: Test<R>;
  readonly keys: KeyReader<R>;
  /** The events of earlier stages that the test reads; they must be in their slots before it is made. */
  readonly aliases: readonly AliasBinding<R>[];
}

export interface AliasBinding<R> {
  readonly slot: AliasSlot<R>;
  readonly stage: number;
}

/** Where a missing event must not be: before the first event, behind the last, or right before a stage. */
export type MissingPlace = 'leading' | 'trailing' | number;

export interface MissingStep<R> extends Step<R> {
  readonly place: MissingPlace;
}

/** A sequence, made ready to run: its runs written out, its terms compiled. */
export interface SequencePlan<R> {
  /** The events that must occur, in their order. */
  readonly stages: readonly Step<R>[];
  readonly missing: readonly MissingStep<R>[];
  readonly until: Step<R> | undefined;
  /** For each term the stage whose event stands in the result; null for a missing event. */
  readonly layout: readonly (number | null)[];
  readonly maxSpan: Micros | undefined;
  /** An event's time in epoch milliseconds. */
  readonly time: Reader<R>;
}
