import * as v from 'valibot';
import { elasticRule, fromElasticRule } from './elastic-rule.ts';
import type { Rule } from './rule.ts';
import { checkRule, lineOfKey, lineOfQuery, parseToml, readRuleFile } from './rule-file.ts';

const schema = v.object({ rule: elasticRule });

/**
 * Reads one rule in the format of Elastic's detection rules (TOML).
 *
 * @param ruleset the name of the set the file belongs to, shown as `rule.ruleset`
 * @throws RuleError naming the file, the line where it is known, and every fault of the file
 */
export function readElasticRule(file: string, ruleset: string): Rule {
  const source = readRuleFile(file);
  const { rule } = checkRule(schema, parseToml(file, source), file, (path) => lineOfKey(source, path));
  return fromElasticRule(rule, { file, ruleset, queryLine: lineOfQuery(source) });
}
