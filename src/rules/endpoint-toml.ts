import * as v from 'valibot';
import type { Severity } from '../ecs/index.ts';
import { elasticRule, threatOf } from './elastic-rule.ts';
import type { Rule } from './rule.ts';
import { checkRule, lineOfKey, lineOfQuery, refuse, type TomlFile } from './rule-file.ts';

const text = v.pipe(v.string(), v.nonEmpty('must not be empty'));

/** The keys of Elastic's on-host behaviour rules (protections-artifacts); actions and OS lists are not used here. */
const schema = v.object({
  rule: v.object({
    id: text,
    name: text,
    query: text,
    version: v.optional(v.string(), '1'),
    description: v.optional(v.string(), ''),
    license: v.optional(v.string()),
    reference: v.optional(v.array(v.string()), []),
    os_list: v.optional(v.array(v.string()), []),
  }),
  threat: elasticRule.entries.threat,
});

/** These rules carry no severity: what their publisher reports their alerts as. */
const SEVERITY: { severity: Severity; riskScore: number } = { severity: 'high', riskScore: 73 };

/**
 * One rule in the format of Elastic's on-host behaviour rules (TOML), whose EQL is the endpoint's dialect.
 *
 * @throws RuleError naming the file, the line where it is known, and every fault of the file
 */
export function readEndpointRule({ file, ruleset, source, value }: TomlFile): Rule {
  const { rule, threat } = checkRule(schema, value, file, (path) => lineOfKey(source, path));
  const elsewhere = rule.os_list.length > 0 && !rule.os_list.includes('macos');
  refuse(file, undefined, elsewhere ? `it is for ${rule.os_list.join(', ')}` : undefined);
  return {
    file,
    ruleset,
    queryLine: lineOfQuery(source),
    dialect: 'endpoint',
    id: rule.id,
    name: rule.name,
    // `1.0.26`: the last part is what rises.
    version: Number(/(\d+)$/.exec(rule.version)?.[1] ?? 1),
    query: rule.query.trim(),
    ...SEVERITY,
    description: rule.description.trim(),
    author: ['Elastic'],
    license: rule.license,
    references: rule.reference,
    index: [],
    tags: rule.os_list.map((os) => `OS: ${os}`),
    falsePositives: [],
    note: undefined,
    setup: undefined,
    from: undefined,
    interval: undefined,
    maxSignals: 100,
    threat: threatOf(threat),
  };
}
