import * as v from 'valibot';
import { type Call, type RequestKind, requestKind } from '../../control/index.ts';
import { ExectapError } from '../../errors.ts';
import {
  ALERT_STATUSES,
  type AlertFilter,
  type AlertStore,
  DEFAULT_LIST_LIMIT,
  type StoredAlert,
} from '../../store/index.ts';
import type { AgentParts } from './parts.ts';
import { withheld } from './withheld.ts';

/** Alerts in one answer: as many as the command line takes for a limit. */
const MAX_LISTED = 10_000_000;
/** Characters of a comment. */
const MAX_COMMENT = 4_096;
/** Alerts that are read from the store at once: of some 8 KiB each, and at most of some 300. */
const PAGE = 100;

const id = v.pipe(v.string(), v.nonEmpty(), v.maxLength(128));
const status = v.picklist(ALERT_STATUSES);

const listing = v.strictObject({
  status: v.optional(status),
  sinceMs: v.optional(v.pipe(v.number(), v.safeInteger())),
  limit: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_LISTED)),
    DEFAULT_LIST_LIMIT,
  ),
});

const change = v.strictObject({
  id,
  status: v.picklist(['acknowledged', 'closed']),
  comment: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(MAX_COMMENT))), null),
});

/** Requests about alerts: the command line's `alerts list`, `show`, `ack` and `close`. */
export function alertRequests({ store }: AgentParts): RequestKind[] {
  return [
    requestKind('alerts.list', { role: 'admin', changes: false }, listing, async (filter, call) => {
      let listed = 0;
      for await (const alert of pagesOf(store, asFilter(filter))) {
        if (call.signal.aborted) break;
        await call.item(shown(alert, call));
        listed += 1;
      }
      return { alerts: listed };
    }),
    requestKind(
      'alerts.get',
      { role: 'admin', changes: false },
      v.strictObject({ id }),
      async (asked, call) => shown(await find(store, asked.id), call),
    ),
    requestKind('alerts.set-status', { role: 'root', changes: true }, change, async (asked, call) => {
      const alert = await find(store, asked.id);
      const comment = asked.comment ?? null;
      await store.setStatus(alert.id, asked.status, comment, Date.now());
      return shown({ ...alert, status: asked.status }, call);
    }),
  ];
}

/** What a filter lists, without holding it all in memory. */
async function* pagesOf(
  store: AlertStore,
  { limit, ...filter }: ReturnType<typeof asFilter>,
): AsyncGenerator<StoredAlert> {
  let left = limit;
  let after: StoredAlert | undefined;
  while (left > 0) {
    const asked = Math.min(left, PAGE);
    const page = await store.list({ ...filter, limit: asked, ...(after !== undefined && { after }) });
    yield* page;
    after = page.at(-1);
    if (page.length < asked) return;
    left -= page.length;
  }
}

function asFilter({
  status: only,
  sinceMs,
  limit,
}: v.InferOutput<typeof listing>): AlertFilter & { limit: number } {
  return {
    limit,
    ...(only !== undefined && { status: only }),
    ...(sinceMs !== undefined && { sinceMs }),
  };
}

function shown(alert: StoredAlert, { role, peer }: Call): StoredAlert {
  return role === 'root' ? alert : withheld(alert, peer.uid);
}

async function find(store: AlertStore, asked: string): Promise<StoredAlert> {
  const alert = await store.get(asked);
  if (alert !== null) return alert;
  throw new ExectapError(`no alert fits ${JSON.stringify(asked)}`, {
    remedy: 'exectap alerts list shows their ids',
  });
}
