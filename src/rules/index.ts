export { checkLoaded, type RuleReport, type Verdict } from './check.ts';
export { RuleError } from './errors.ts';
export { type Loaded, readRules } from './loader.ts';
export type { Rule } from './rule.ts';
export { RuleSet } from './rule-set.ts';
