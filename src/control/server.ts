import { once } from 'node:events';
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf } from '../errors.ts';
import type { Peer } from '../native/index.ts';
import { Connection } from './connection.ts';
import { ControlSocketError } from './errors.ts';
import { type Admission, peerOf, roleOf } from './peer.ts';
import { MAX_SOCKET_PATH_BYTES } from './protocol.ts';
import type { RequestKind } from './request-kind.ts';

/** A person and some scripts; more at once is a misuse. */
const MAX_CONNECTIONS = 32;
/** Clients that the system lets wait: a busy moment must not look like an agent that is not there. */
const MAX_BACKLOG = 128;
/** Between two log lines about clients that were refused, in milliseconds. */
const REFUSAL_LOG_MS = 60_000;

interface Log {
  info(message: string, fields?: object): unknown;
  warn(message: string, fields?: object): unknown;
  error(message: string, fields?: object): unknown;
}

export interface ControlCounters {
  connections: number;
  /** Clients who may not ask anything, or of whom the kernel does not say who they are. */
  refusedPeers: number;
  /** Lines that were no requests, and requests that may not be had. */
  badRequests: number;
  /** Clients beyond the bound. */
  turnedAway: number;
  requests: Record<string, number>;
}

/** Answers the command line. */
export class ControlServer {
  readonly #server: Server;
  readonly #kinds: ReadonlyMap<string, RequestKind>;
  readonly #admission: Admission;
  readonly #log: Log;
  readonly #open = new Set<Connection>();
  readonly #counters: ControlCounters = {
    connections: 0,
    refusedPeers: 0,
    badRequests: 0,
    turnedAway: 0,
    requests: {},
  };
  #refusalLoggedMs = Number.NEGATIVE_INFINITY;

  constructor(kinds: readonly RequestKind[], admission: Admission, log: Log) {
    this.#kinds = new Map(kinds.map((kind) => [kind.name, kind]));
    this.#admission = admission;
    this.#log = log;
    this.#server = createServer((socket) => this.#admit(socket));
    // A server that could not accept a client has not failed for the others.
    this.#server.on('error', (error) => log.warn('a client could not be accepted', { error: error.message }));
  }

  get counters(): Readonly<ControlCounters> {
    return this.#counters;
  }

  /** Takes clients from a socket that listens already. @throws ControlSocketError */
  async listenOn(descriptor: number): Promise<void> {
    await this.#listen({ fd: descriptor }, `descriptor ${descriptor}`);
  }

  /**
   * Makes a socket for this user alone, in a folder that is the user's alone. One that a dead agent left is replaced.
   * @throws ControlSocketError
   */
  async listenAt(path: string): Promise<void> {
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES)
      throw new ControlSocketError(`${path} is longer than the path of a socket may be`, {
        remedy: `A state whose path has at most ${MAX_SOCKET_PATH_BYTES - 13} bytes has one: --state DIR.`,
      });
    removeStale(path);
    await this.#listen({ path }, path);
    chmodSync(path, 0o600);
  }

  /** Ends every connection and lets go of the socket; one that was made here is removed. */
  async close(): Promise<void> {
    for (const connection of this.#open) connection.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #listen(where: { fd: number } | { path: string }, name: string): Promise<void> {
    this.#server.listen({ ...where, backlog: MAX_BACKLOG });
    try {
      await once(this.#server, 'listening');
    } catch (cause) {
      throw new ControlSocketError(`cannot listen on ${name}: ${messageOf(cause)}`, { cause });
    }
  }

  #admit(socket: Socket): void {
    const peer = peerOf(socket);
    const role = peer === null ? null : roleOf(peer, this.#admission);
    if (peer === null || role === null) {
      this.#counters.refusedPeers += 1;
      this.#logRefusal(peer);
      socket.destroy();
      return;
    }
    if (this.#open.size >= MAX_CONNECTIONS) {
      this.#counters.turnedAway += 1;
      socket.destroy();
      return;
    }
    this.#counters.connections += 1;
    const connection = new Connection(socket, {
      peer,
      role,
      kinds: this.#kinds,
      onRequest: (kind, request, { uid, pid }) => {
        this.#counters.requests[kind.name] = (this.#counters.requests[kind.name] ?? 0) + 1;
        const { id, status, level, exception } = request.with;
        const what = Object.fromEntries(
          Object.entries({ id, status, level, exception }).filter(([, value]) => isShort(value)),
        );
        if (kind.changes) this.#log.info('asked for a change', { request: kind.name, uid, pid, ...what });
      },
      onBadRequest: (error, { uid, pid }) => {
        this.#counters.badRequests += 1;
        this.#log.info('a request was refused', { code: error.code, uid, pid });
      },
      onFault: (kind, error) =>
        this.#log.error('a request failed', { request: kind.name, error: String(error) }),
    });
    this.#open.add(connection);
    socket.once('close', () => this.#open.delete(connection));
  }

  /** Once a minute: a stranger must not fill the log. */
  #logRefusal(peer: Peer | null): void {
    const now = performance.now();
    if (now - this.#refusalLoggedMs < REFUSAL_LOG_MS) return;
    this.#refusalLoggedMs = now;
    this.#log.warn('a client was refused', { uid: peer?.uid ?? null, pid: peer?.pid ?? null });
  }
}

/** What is named in the log of a change: ids and levels, never text of a person. */
function isShort(value: unknown): boolean {
  return typeof value === 'string' && /^[\w+/=-]{1,128}$/.test(value);
}

function removeStale(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new ControlSocketError(`${path} is there and is not a socket`, { remedy: 'Move it away.' });
  unlinkSync(path);
}
