import * as v from 'valibot';
import { elasticRule, fromElasticRule } from './elastic-rule.ts';
import type { Rule } from './rule.ts';
import { checkRule, lineOfKey, lineOfQuery, type TomlFile } from './rule-file.ts';

const schema = v.object({ rule: elasticRule });

/**
 * One rule in the format of Elastic's detection rules (TOML).
 *
 * @throws RuleError naming the file, the line where it is known, and every fault of the file
 */
export function readElasticRule({ file, ruleset, source, value }: TomlFile): Rule {
  const { rule } = checkRule(schema, value, file, (path) => lineOfKey(source, path));
  return fromElasticRule(rule, { file, ruleset, queryLine: lineOfQuery(source) });
}
