import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { parse as parseToml, TomlError } from 'smol-toml';
import * as v from 'valibot';
import type { Threat } from '../ecs/index.ts';
import { messageOf } from '../errors.ts';
import { RuleError } from './errors.ts';
import type { Rule } from './rule.ts';

/** Bytes of one rule file: the largest published one is below 64 KiB. */
const RULE_FILE_BYTES = 1024 * 1024;

const text = v.pipe(v.string(), v.nonEmpty('must not be empty'));
const texts = v.array(v.string());
const technique = v.object({ id: text, name: text, reference: v.optional(v.string(), '') });

/** The keys of Elastic's detection-rules format that a rule needs to run and to explain itself; others are ignored. */
const schema = v.object({
  metadata: v.optional(v.object({ maturity: v.optional(v.string(), 'production') }), {}),
  rule: v.object({
    type: v.literal('eql', 'only rules of type "eql" run here'),
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
  }),
});

type RuleFile = v.InferOutput<typeof schema>;

/**
 * Reads one rule in the format of Elastic's detection rules (TOML).
 *
 * @param ruleset the name of the set the file belongs to, shown as `rule.ruleset`
 * @throws RuleError naming the file, the line where it is known, and every fault of the file
 */
export function readElasticRule(file: string, ruleset: string): Rule {
  const source = readRuleFile(file);
  const checked = v.safeParse(schema, parse(file, source));
  if (!checked.success) {
    const faults = checked.issues.map((issue) => `${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
    throw new RuleError(file, lineOf(source, v.getDotPath(checked.issues[0])), faults.join('; '));
  }
  return toRule(file, ruleset, checked.output);
}

/** Where the query's own line 1 stands in the file, to report positions in the query as positions in the file. */
export function queryLine(file: string): number {
  return lineOf(readRuleFile(file), 'rule.query') ?? 1;
}

function readRuleFile(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > RULE_FILE_BYTES)
      throw new RuleError(
        file,
        undefined,
        `${size} bytes are more than a rule file may have (${RULE_FILE_BYTES})`,
      );
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof RuleError) throw error;
    throw new RuleError(file, undefined, `cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function parse(file: string, source: string): unknown {
  try {
    return parseToml(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new RuleError(file, error.line, `not valid TOML: ${error.message}`, { cause: error });
  }
}

/** The line on which a key stands. Good enough to find it: the last part of the path at the start of a line. */
function lineOf(source: string, path: string | null | undefined): number | undefined {
  const key = path?.split('.').findLast((part) => !/^\d+$/.test(part));
  if (key === undefined) return undefined;
  const index = source
    .split('\n')
    .findIndex((line) => line.trimStart().startsWith(key) && /^\s*[\w-]+\s*=/.test(line));
  return index < 0 ? undefined : index + 1;
}

function toRule(file: string, ruleset: string, { rule }: RuleFile): Rule {
  return {
    file: basename(file),
    ruleset,
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
    threat: rule.threat.map(toThreat),
  };
}

/** The files break and indent long lines for their own readers. */
function paragraph(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}

function toThreat(entry: RuleFile['rule']['threat'][number]): Threat {
  return {
    framework: entry.framework,
    tactic: entry.tactic,
    techniques: entry.technique.map(({ subtechnique, ...rest }) => ({
      ...rest,
      subtechniques: subtechnique,
    })),
  };
}
