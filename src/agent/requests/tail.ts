import { once } from 'node:events';
import * as v from 'valibot';
import { type RequestKind, requestKind } from '../../control/index.ts';
import { type Document, eventDocument, fieldResolver, type ProcessEvent } from '../../ecs/index.ts';
import { compile, EqlError, RuleIndex, Work } from '../../eql/index.ts';
import { ExectapError } from '../../errors.ts';
import type { AgentParts } from './parts.ts';

/** Characters of a condition. */
const MAX_WHERE = 8_192;
/** How often a client learns of what was left out while nothing new comes, in milliseconds. */
const TELL_MS = 1_000;

const asked = v.strictObject({
  where: v.optional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_WHERE))),
});

/** What `tail` sends, one an item. */
export type TailItem =
  | { readonly event: Document }
  | { readonly alert: string }
  /** So many events and alerts were left out because the client was slow. */
  | { readonly dropped: number };

/** Live events and alerts, for root: they show everybody's arguments. */
export function tailRequests(parts: AgentParts): RequestKind[] {
  return [
    requestKind('tail', { role: 'root', changes: false }, asked, async ({ where }, call) => {
      const matches = where === undefined ? (): boolean => true : condition(where);
      let dropped = 0;
      const tell = (): void => {
        if (dropped > 0 && call.offer({ dropped })) dropped = 0;
      };
      const offer = (item: TailItem): void => {
        tell();
        if (dropped > 0 || !call.offer(item)) dropped += 1;
      };
      const endEvents = parts.watchEvents((event) => {
        if (matches(event)) offer({ event: eventDocument(event) });
      });
      const endAlerts = parts.watchAlerts((alerts) => {
        for (const { document } of alerts) offer({ alert: document });
      });
      const telling = setInterval(tell, TELL_MS);
      try {
        await call.item({ dropped: 0 } satisfies TailItem);
        if (!call.signal.aborted) await once(call.signal, 'abort');
      } finally {
        clearInterval(telling);
        endEvents();
        endAlerts();
      }
    }),
  ];
}

/** An event whose condition takes too long to evaluate is shown: it is not known that it does not hold. */
function condition(where: string): (event: ProcessEvent) => boolean {
  const work = new Work();
  const index = new RuleIndex<null, ProcessEvent>(fieldResolver, { work });
  try {
    index.add(null, compile(`process where ${where}`, fieldResolver, { work }));
  } catch (error) {
    if (!(error instanceof EqlError)) throw error;
    throw new ExectapError(String(error), { cause: error });
  }
  return (event) => {
    const evaluation = index.start(event);
    return !evaluation.run() || evaluation.outcomes.length > 0 || evaluation.incomplete.length > 0;
  };
}
