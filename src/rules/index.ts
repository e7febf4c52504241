export { readElasticRule } from './elastic-toml.ts';
export { RuleError } from './errors.ts';
export type { Rule } from './rule.ts';
export { RuleSet } from './rule-set.ts';
