import * as v from 'valibot';
import { type RequestKind, requestKind } from '../../control/index.ts';
import { MAX_CONDITION_BYTES } from '../../rules/index.ts';
import type { StoredException } from '../../store/index.ts';
import { MAX_REASON, MAX_RULE_ID } from '../exceptions.ts';
import type { AgentParts } from './parts.ts';

const timeMs = v.pipe(v.number(), v.safeInteger());

const listing = v.strictObject({ all: v.optional(v.boolean(), false) });

const addition = v.strictObject({
  ruleId: v.nullable(v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_RULE_ID))),
  where: v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_CONDITION_BYTES)),
  reason: v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_REASON)),
  expiresMs: v.nullable(timeMs),
});

const removal = v.strictObject({ exception: v.pipe(v.string(), v.regex(/^[0-9a-f]{1,64}$/)) });

/** What `exceptions.add` answers. */
export interface AddedException {
  readonly exception: StoredException;
  /** False: it stood already, with the same reason and end. */
  readonly changed: boolean;
  /** Whether a rule with the id that it names is evaluated. */
  readonly ruleKnown: boolean;
}

/** Requests about exceptions, for root: a condition quotes arguments, and decides what is an alert. */
export function exceptionRequests(parts: AgentParts): RequestKind[] {
  const { exceptions } = parts;
  return [
    requestKind('exceptions.list', { role: 'root', changes: false }, listing, async ({ all }, call) => {
      const found = await exceptions.list(all ? 'all' : 'standing');
      for (const exception of found) if (!call.signal.aborted) await call.item(exception);
      return { exceptions: found.length };
    }),
    requestKind('exceptions.add', { role: 'root', changes: true }, addition, async (asked, { peer }) => {
      const added = await exceptions.add({ ...asked, createdMs: Date.now(), createdBy: peer.uid });
      const answer: AddedException = {
        ...added,
        ruleKnown: asked.ruleId === null || parts.hasRule(asked.ruleId),
      };
      return answer;
    }),
    requestKind('exceptions.remove', { role: 'root', changes: true }, removal, ({ exception }, { peer }) =>
      exceptions.remove(exception, peer.uid),
    ),
  ];
}
