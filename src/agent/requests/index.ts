import type { ControlCounters, RequestKind } from '../../control/index.ts';
import { alertRequests } from './alerts.ts';
import { exceptionRequests } from './exceptions.ts';
import { gapRequests } from './gaps.ts';
import { operationRequests } from './operations.ts';
import type { AgentParts } from './parts.ts';
import { selfTestRequests } from './self-test.ts';
import { statusRequests } from './status.ts';
import { tailRequests } from './tail.ts';

export type { AddedException } from './exceptions.ts';
export { type GapSituation, gapSituation } from './gaps.ts';
export type { AgentParts, Reloaded } from './parts.ts';
export type { AgentStatus } from './status.ts';
export type { TailItem } from './tail.ts';

/** Everything that the command line can ask of a running agent. */
export function requestKinds(parts: AgentParts, control: () => ControlCounters): RequestKind[] {
  return [
    ...statusRequests(parts, control),
    ...alertRequests(parts),
    ...exceptionRequests(parts),
    ...gapRequests(parts),
    ...tailRequests(parts),
    ...selfTestRequests(parts),
    ...operationRequests(parts),
  ];
}
