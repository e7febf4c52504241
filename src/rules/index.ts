export { checkLoaded, type RuleReport, type Verdict } from './check.ts';
export { RuleError, UnusableRuleError } from './errors.ts';
export {
  type Exception,
  ExceptionError,
  type ExceptionEvaluation,
  ExceptionSet,
  exceptionId,
  MAX_CONDITION_BYTES,
} from './exceptions.ts';
export type { Finding } from './finding.ts';
export { type Loaded, readRules } from './loader.ts';
export type { Rule } from './rule.ts';
export { RuleSet, type RuleState } from './rule-set.ts';
