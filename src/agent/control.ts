import { join } from 'node:path';
import { ControlServer, ControlSocketError, SOCKET_NAME } from '../control/index.ts';
import type { Log } from './log.ts';
import { type AgentParts, requestKinds } from './requests/index.ts';

/** The socket that exectapd has made hangs on this descriptor of its worker. */
const CONTROL_FD = 4;

/** Where the command line reaches the agent. */
export type ControlPlace =
  /** On the socket that root has made, for root and a group; in development for the running user. */
  | { readonly kind: 'handed'; readonly adminGid: number | null; readonly ownerUid: number | null }
  /** On a socket in the folder of the state, for this user alone. */
  | { readonly kind: 'own' };

/** Begins to answer the command line; null where there can be no socket, which is told in the log. */
export async function startControl(
  place: ControlPlace,
  parts: AgentParts,
  log: Log,
): Promise<ControlServer | null> {
  const admission =
    place.kind === 'handed' ? place : { ownerUid: process.geteuid?.() ?? null, adminGid: null };
  const kinds = requestKinds(parts, () => server.counters);
  const server: ControlServer = new ControlServer(kinds, admission, log);
  try {
    if (place.kind === 'handed') await server.listenOn(CONTROL_FD);
    else await server.listenAt(join(parts.state, SOCKET_NAME));
    return server;
  } catch (error) {
    if (!(error instanceof ControlSocketError)) throw error;
    // To be asked is less than to see: the agent goes on without.
    log.warn('the command line cannot ask this agent', { error: error.message });
    return null;
  }
}
