import type { Socket } from 'node:net';
import { addon, type Peer } from '../native/index.ts';

/** What a peer may ask: `root` everything; `admin` to look, without other users' arguments. */
export type Role = 'admin' | 'root';

/** Who may do what with an agent. */
export interface Admission {
  /** Besides root: in one process, the agent's own user. */
  readonly ownerUid: number | null;
  /** The group whose members are admins; null where there is none. */
  readonly adminGid: number | null;
}

/** Who is at the other end, as the kernel noted it; null where it does not say, and then nobody is admitted. */
export function peerOf(socket: Socket): Peer | null {
  // Node.js has no public way to the descriptor of a socket; this one is as old as its streams.
  const { _handle: handle } = socket as Socket & { _handle?: { fd?: unknown } };
  if (typeof handle?.fd !== 'number' || handle.fd < 0) return null;
  const peer = addon().peerOf(handle.fd);
  return typeof peer === 'number' ? null : peer;
}

/**
 * The role of a peer; null for a stranger. The socket's mode has let only root and the group connect; where the system
 * tells only some of a peer's groups, its word is taken.
 */
export function roleOf(peer: Peer, { ownerUid, adminGid }: Admission): Role | null {
  if (peer.uid === 0 || peer.uid === ownerUid) return 'root';
  if (adminGid === null) return null;
  return peer.gid === adminGid || peer.groups.includes(adminGid) || peer.groupsCut ? 'admin' : null;
}
