import type { RuleSet } from '../rules/index.ts';
import type { AlertStore } from '../store/index.ts';
import type { Log } from './log.ts';

/** Where the state keeps what sequences have open. */
const KEY = 'rules.state';

/**
 * Takes up the sequences that a run before had open. Those whose span has passed meanwhile end with the next event,
 * as they would have. A state that cannot be read is no reason not to start.
 */
export async function restoreRules(rules: RuleSet, store: AlertStore, log: Log): Promise<void> {
  const stored = await store.getMeta(KEY);
  if (stored === null) return;
  let state: unknown;
  try {
    state = JSON.parse(stored);
  } catch (error) {
    log.warn('the open sequences of the last run cannot be read and begin anew', { error: String(error) });
    return;
  }
  if (typeof state !== 'object' || state === null) return;
  for (const rule of rules.restore(state as Record<string, unknown>)) {
    log.warn('the open sequences of a rule cannot be read and begin anew', { rule: rule.id });
  }
}

/** Writes down what sequences have open. What comes in after it is lost to them if the agent dies before the next time. */
export async function keepRules(rules: RuleSet, store: AlertStore): Promise<void> {
  const state = rules.snapshot();
  if (state !== null) await store.setMeta(KEY, JSON.stringify(state));
}
