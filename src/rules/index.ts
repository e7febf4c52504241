export { checkLoaded, type RuleReport, type Verdict } from './check.ts';
export { RuleError, UnusableRuleError } from './errors.ts';
export type { Finding } from './finding.ts';
export { type Loaded, readRules } from './loader.ts';
export type { Rule } from './rule.ts';
export { RuleSet, type RuleState } from './rule-set.ts';
