import * as v from 'valibot';
import { type RequestKind, requestKind } from '../../control/index.ts';
import { ExectapError } from '../../errors.ts';
import type { AgentParts } from './parts.ts';

/** A client that hears nothing for two seconds gives up. */
const SIGN_MS = 1_000;

/** One self-test now; signs of life are sent while it waits for the event. */
export function selfTestRequests({ selfTest }: AgentParts): RequestKind[] {
  return [
    requestKind('selftest', { role: 'root', changes: true }, v.strictObject({}), async (_asked, call) => {
      if (selfTest === null)
        throw new ExectapError('this agent reads a capture, which tells of no execution of ours', {
          remedy: 'a self-test needs a live tap',
        });
      const signs = setInterval(() => call.offer({ waiting: true }), SIGN_MS);
      try {
        return await selfTest();
      } finally {
        clearInterval(signs);
      }
    }),
  ];
}
