import { RuleSet } from '../rules/index.ts';
import { checkTrustedTree, type Trust } from '../trust/index.ts';
import type { Log } from './log.ts';

/**
 * The rules that the agent runs. Who can write them decides what is an alert.
 *
 * @throws UntrustedPathError naming the file or folder that somebody else could have written
 */
export function loadTrustedRules(
  paths: readonly string[],
  trust: Trust,
  log: Log,
  onUnusable?: (count: number) => void,
): RuleSet {
  for (const path of paths) checkTrustedTree(path, trust);
  return loadRules(paths, log, onUnusable);
}

/** A rule that cannot be used is told of and does not keep the others from running. */
export function loadRules(
  paths: readonly string[],
  log: Log,
  onUnusable: (count: number) => void = () => undefined,
): RuleSet {
  let unusable = 0;
  const rules = RuleSet.load(paths, (error) => {
    unusable += 1;
    log.debug('a rule cannot be used', { problem: error.message });
  });
  if (unusable > 0) log.warn('rules that cannot be used; exectap rules check tells why', { rules: unusable });
  onUnusable(unusable);
  return rules;
}
