import * as v from 'valibot';
import { type ControlCounters, type RequestKind, requestKind } from '../../control/index.ts';
import type { StoreCounts } from '../../store/index.ts';
import { healthOf } from '../health.ts';
import { VERSION } from '../version.ts';
import { type GapSituation, gapSituation } from './gaps.ts';
import type { AgentParts } from './parts.ts';

const nothing = v.strictObject({});

/** What `status` answers, for everybody who may ask. */
export interface AgentStatus {
  readonly version: string;
  readonly state: string;
  readonly run: ReturnType<AgentParts['run']>;
  readonly counts: StoreCounts;
  readonly gaps: GapSituation;
  readonly control: ControlCounters;
}

/** Requests about the agent itself. */
export function statusRequests(parts: AgentParts, control: () => ControlCounters): RequestKind[] {
  return [
    requestKind('status', { role: 'admin', changes: false }, nothing, async (_asked, { role }) => {
      const run = parts.run();
      await parts.gaps.settled();
      const status: AgentStatus = {
        version: VERSION,
        state: parts.state,
        run: role === 'root' ? run : withoutSamples(run),
        counts: await parts.store.counts(),
        gaps: await gapSituation(parts.store, Date.now()),
        control: control(),
      };
      return status;
    }),
    requestKind('health', { role: 'admin', changes: false }, nothing, async () =>
      healthOf(parts.run().counters, await parts.store.counts(), Date.now()),
    ),
  ];
}

/** The heads of lines that could not be decoded may hold anybody's arguments. */
function withoutSamples(run: AgentStatus['run']): AgentStatus['run'] {
  return { ...run, counters: { ...run.counters, tap: { ...run.counters.tap, samples: [] } } };
}
