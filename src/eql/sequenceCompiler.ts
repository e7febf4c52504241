import { microsOfDuration } from './clock.ts';
import type { Counters } from './counters.ts';
import { compileKeys, type KeyReader } from './keys.ts';
import type { Needs } from './needs.ts';
import { allOf } from './readers.ts';
import type { Field } from './schema.ts';
import type { Scope } from './scope.ts';
import type { MissingPlace, MissingStep, SequencePlan, Step } from './sequencePlan.ts';
import { compileTerm, needsOfAny, type TermOptions } from './termCompiler.ts';
import type { FieldReference, SampleQuery, SequenceQuery, Term } from './tree.ts';

/** Checked sequences and samples to what their matchers run. */
export class SequenceCompiler<R> {
  readonly #options: TermOptions<R>;
  readonly #maxKeyTuples: number;
  readonly #counters: Counters;
  readonly #time: Field<R> | undefined;
  readonly #scope: Scope<R>;
  readonly #needs: Needs[] = [];
  /** The stage whose event an alias stands for. */
  readonly #stages = new Map<string, number>();

  constructor(
    options: TermOptions<R>,
    scope: Scope<R>,
    maxKeyTuples: number,
    counters: Counters,
    time: Field<R> | undefined,
  ) {
    this.#options = options;
    this.#scope = scope;
    this.#maxKeyTuples = maxKeyTuples;
    this.#counters = counters;
    this.#time = time;
  }

  sequence(query: SequenceQuery): { plan: SequencePlan<R>; needs: Needs } {
    const { by, terms, until, maxSpan } = query;
    const stages: Step<R>[] = [];
    const missing: MissingStep<R>[] = [];
    const layout: (number | null)[] = [];
    const last = terms.findLastIndex((term) => !term.missing);
    for (const [index, term] of terms.entries()) {
      const step = this.#step(by, term);
      if (term.missing) missing.push({ ...step, place: placeOf(stages.length, index > last) });
      for (let run = 0; run < term.runs; run += 1) {
        layout.push(term.missing ? null : stages.length);
        if (!term.missing) stages.push(step);
      }
      if (term.alias !== null) this.#stages.set(term.alias, stages.length - 1);
    }
    const time = this.#time;
    const plan: SequencePlan<R> = {
      stages,
      missing,
      until: until === null ? undefined : this.#step(by, until),
      layout,
      maxSpan: maxSpan === null ? undefined : microsOfDuration(maxSpan),
      time: (record) => time?.read(record),
    };
    return {
      plan,
      needs: this.#allNeeds([...by, ...terms.flatMap((term) => term.by), ...(until?.by ?? [])]),
    };
  }

  sample({ by, terms }: SampleQuery): { steps: Step<R>[]; needs: Needs } {
    const steps = terms.map((term) => this.#step(by, term));
    return { steps, needs: this.#allNeeds([...by, ...terms.flatMap((term) => term.by)]) };
  }

  #step(by: readonly FieldReference[], term: Term): Step<R> {
    const { tests, needs, aliases } = compileTerm(term.query, this.#options);
    this.#needs.push(needs);
    const bindings = Array.from(aliases, (alias) => ({
      slot: this.#scope.alias(alias),
      stage: this.#stages.get(alias)!,
    }));
    return { test: allOf(tests), keys: this.#keys([...by, ...term.by]), aliases: bindings };
  }

  #keys(fields: readonly FieldReference[]): KeyReader<R> {
    const readers = fields.map((reference) => {
      const field = this.#options.field(reference);
      return { optional: reference.optional, read: (record: R) => field?.read(record) };
    });
    return compileKeys(readers, this.#maxKeyTuples, (count) => {
      this.#counters.droppedTuples += count;
    });
  }

  #allNeeds(keys: readonly FieldReference[]): Needs {
    return needsOfAny(
      this.#needs,
      keys.map((key) => key.name),
    );
  }
}

function placeOf(stage: number, isLast: boolean): MissingPlace {
  if (stage === 0) return 'leading';
  return isLast ? 'trailing' : stage;
}
