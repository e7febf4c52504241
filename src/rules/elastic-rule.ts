import * as v from 'valibot';
import type { Threat } from '../ecs/index.ts';
import type { Rule, RulePlace } from './rule.ts';

const text = v.pipe(v.string(), v.nonEmpty('must not be empty'));
const texts = v.array(v.string());
const technique = v.object({ id: text, name: text, reference: v.optional(v.string(), '') });

/**
 * The keys of an Elastic detection rule of type EQL that it needs to run and to explain itself, as they stand in
 * detection-rules files and in Kibana's exports; other keys are ignored.
 */
export const elasticRule = v.object({
  type: v.literal('eql'),
  language: v.optional(v.literal('eql', 'only the language "eql" runs here'), 'eql'),
  rule_id: text,
  name: text,
  query: text,
  severity: v.picklist(['low', 'medium', 'high', 'critical']),
  risk_score: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  version: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
  description: v.optional(v.string(), ''),
  author: v.optional(texts, []),
  license: v.optional(v.string()),
  references: v.optional(texts, []),
  index: v.optional(texts, []),
  tags: v.optional(texts, []),
  false_positives: v.optional(texts, []),
  note: v.optional(v.string()),
  setup: v.optional(v.string()),
  from: v.optional(v.string()),
  interval: v.optional(v.string()),
  max_signals: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 100),
  threat: v.optional(
    v.array(
      v.object({
        framework: v.optional(v.string(), 'MITRE ATT&CK'),
        tactic: technique,
        technique: v.optional(
          v.array(v.object({ ...technique.entries, subtechnique: v.optional(v.array(technique), []) })),
          [],
        ),
      }),
    ),
    [],
  ),
});

type ElasticRule = v.InferOutput<typeof elasticRule>;

/** The keys that decide whether a rule belongs here at all, read before the others are checked. */
const belonging = v.object({
  type: v.optional(v.string()),
  enabled: v.optional(v.boolean(), true),
  filters: v.optional(v.array(v.unknown()), []),
  event_category_override: v.optional(v.string(), 'event.category'),
  building_block_type: v.optional(v.string()),
});

/** Why a rule that may be in order does not run here; undefined where it does. What would change its matches counts. */
export function whyNotHere(rule: unknown): string | undefined {
  const parsed = v.safeParse(belonging, rule);
  if (!parsed.success) return undefined;
  const { type, enabled, filters, event_category_override, building_block_type } = parsed.output;
  if (type !== undefined && type !== 'eql') return `only rules of type "eql" run here, this is "${type}"`;
  if (!enabled) return 'it is disabled';
  if (filters.length > 0) return 'it has filters beside its query, which are not applied here';
  if (event_category_override !== 'event.category')
    return `it takes the category of events from ${event_category_override}`;
  if (building_block_type !== undefined) return 'it is a building block, which makes no alert of its own';
  return undefined;
}

/** The rule in our own terms. */
export function fromElasticRule(rule: ElasticRule, place: RulePlace): Rule {
  return {
    ...place,
    dialect: 'elasticsearch',
    id: rule.rule_id,
    name: rule.name,
    version: rule.version,
    query: rule.query.trim(),
    severity: rule.severity,
    riskScore: rule.risk_score,
    description: rule.description.trim(),
    author: rule.author,
    license: rule.license,
    references: rule.references,
    index: rule.index,
    tags: rule.tags,
    falsePositives: rule.false_positives.map(paragraph),
    note: rule.note?.trim(),
    setup: rule.setup?.trim(),
    from: rule.from,
    interval: rule.interval,
    maxSignals: rule.max_signals,
    threat: threatOf(rule.threat),
  };
}

/** The files break and indent long lines for their own readers. */
function paragraph(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}

/** Tactic and techniques in our own terms, from the form that all of Elastic's rule formats share. */
export function threatOf(entries: ElasticRule['threat']): Threat[] {
  return entries.map((entry) => ({
    framework: entry.framework,
    tactic: entry.tactic,
    techniques: entry.technique.map(({ subtechnique, ...rest }) => ({
      ...rest,
      subtechniques: subtechnique,
    })),
  }));
}
