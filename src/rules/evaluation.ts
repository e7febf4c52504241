import type { KeptEvent, ProcessEvent } from '../ecs/index.ts';
import type { Evaluation, Outcome } from '../eql/index.ts';
import { type Finding, findingOf, findingOfIncomplete, findingOfSequence } from './finding.ts';
import type { Rule } from './rule.ts';

/** The evaluation of one event by all rules, in slices that leave the event loop free in between. */
export class RuleEvaluation {
  readonly #event: ProcessEvent;
  readonly #single: Evaluation<Rule, ProcessEvent>;
  readonly #joined: Evaluation<Rule, KeptEvent> | null;
  #singleDone = false;

  constructor(
    event: ProcessEvent,
    single: Evaluation<Rule, ProcessEvent>,
    joined: Evaluation<Rule, KeptEvent> | null,
  ) {
    this.#event = event;
    this.#single = single;
    this.#joined = joined;
  }

  /** Goes on for some milliseconds; true when all rules are done. */
  run(): boolean {
    if (!this.#singleDone && !this.#single.run()) return false;
    this.#singleDone = true;
    return this.#joined === null || this.#joined.run();
  }

  findings(): readonly Finding[] {
    const { outcomes, incomplete } = this.#single;
    if (outcomes.length === 0 && incomplete.length === 0 && this.#joined === null) return NONE;
    return [
      ...outcomes.map(({ rule }) => findingOf(rule, this.#event)),
      ...findingsOf(this.#joined?.outcomes ?? []),
      ...[...incomplete, ...(this.#joined?.incomplete ?? [])].map((each) =>
        findingOfIncomplete(each, this.#event),
      ),
    ];
  }
}

const NONE: readonly Finding[] = Object.freeze([]);

/** What rules that join events have found. */
export function findingsOf(outcomes: readonly Outcome<Rule, KeptEvent>[]): Finding[] {
  return outcomes.flatMap(({ rule, matches }) =>
    matches.map(({ events }) => findingOfSequence(rule, events)).filter((finding) => finding !== null),
  );
}
