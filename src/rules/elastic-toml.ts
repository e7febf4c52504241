import * as v from 'valibot';
import { elasticRule, fromElasticRule, whyNotHere } from './elastic-rule.ts';
import type { Rule } from './rule.ts';
import { checkRule, lineOfKey, lineOfQuery, refuse, type TomlFile } from './rule-file.ts';

const schema = v.object({ rule: elasticRule });
const metadata = v.object({ metadata: v.object({ maturity: v.string() }) });

/**
 * One rule in the format of Elastic's detection rules (TOML).
 *
 * @throws RuleError naming the file, the line where it is known, and every fault of the file
 */
export function readElasticRule({ file, ruleset, source, value }: TomlFile): Rule {
  refuse(file, undefined, whyNotHere((value as { rule?: unknown }).rule) ?? whyNotMature(value));
  const { rule } = checkRule(schema, value, file, (path) => lineOfKey(source, path));
  return fromElasticRule(rule, { file, ruleset, queryLine: lineOfQuery(source) });
}

/** Rules in development or deprecated are not meant to run. */
function whyNotMature(value: unknown): string | undefined {
  const known = v.is(metadata, value) ? value.metadata.maturity : 'production';
  return known === 'production' ? undefined : `its maturity is "${known}"`;
}
