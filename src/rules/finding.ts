import {
  type AlertRule,
  type AlertSource,
  alertSource,
  ancestryOf,
  type ChainLink,
  type KeptEvent,
  keepEvent,
  MAX_ALERT_EVENTS,
  type ProcessEvent,
} from '../ecs/index.ts';
import type { Incomplete } from '../eql/index.ts';
import type { Rule } from './rule.ts';

/** What an alert is made of: a rule, the events that it matched, and what is local to this host. */
export interface Finding {
  readonly rule: AlertRule & Pick<Rule, 'note' | 'falsePositives' | 'references'>;
  /** In the order of the rule's terms; the last one is what the alert is about. */
  readonly sources: readonly AlertSource[];
  readonly entityId: string;
  readonly timeMs: number;
  readonly ancestry: readonly ChainLink[];
  /** Every event that came, for the exceptions; of a rule on one event only until the next event comes. */
  readonly events: () => readonly KeptEvent[];
}

export function findingOf(rule: Finding['rule'], event: ProcessEvent): Finding {
  return {
    rule,
    sources: [alertSource(event)],
    entityId: event.entityIdOf(event.entity),
    timeMs: Math.floor(event.record.timeUs / 1_000),
    ancestry: ancestryOf(event),
    events: () => [keepEvent(event)],
  };
}

/** Of a longer match the first events and the last. Null where every term of the match is an event that did not come. */
export function findingOfSequence(rule: Rule, events: readonly (KeptEvent | null)[]): Finding | null {
  const seen = events.filter((event) => event !== null);
  const last = seen.at(-1);
  if (last === undefined) return null;
  const held = seen.length <= MAX_ALERT_EVENTS ? seen : [...seen.slice(0, MAX_ALERT_EVENTS - 1), last];
  const { entityId, timeMs, ancestry } = last;
  const sources = held.map(({ source }) => source);
  return { rule, sources, entityId, timeMs, ancestry, events: () => seen };
}

/**
 * The alert on an event that a rule could not be evaluated on in full: whether the rule matches is not known, and
 * an argv that is made to be dear must not be a way past it.
 */
export function findingOfIncomplete({ rule, reason }: Incomplete<Rule>, event: ProcessEvent): Finding {
  return findingOf(
    {
      id: `exectap.incomplete.${rule.id}`,
      name: `Not evaluated in full: ${rule.name}`,
      version: rule.version,
      description:
        `The rule "${rule.name}" could not be evaluated in full on this event, so whether it matches is not known: ` +
        `${reason}. Arguments may have been made long for that.`,
      author: ['exectap'],
      license: undefined,
      references: [],
      ruleset: 'exectap',
      severity: 'medium',
      riskScore: 47,
      threat: [],
      note: undefined,
      falsePositives: [],
    },
    event,
  );
}
