import { once } from 'node:events';
import { lstatSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf } from '../errors.ts';
import type { Peer } from '../native/index.ts';
import { ControlClient } from './client.ts';
import { Connection } from './connection.ts';
import { ControlSocketError } from './errors.ts';
import { type Admission, peerOf, type Role, roleOf } from './peer.ts';
import { type AnswerError, MAX_SOCKET_PATH_BYTES } from './protocol.ts';
import type { RequestKind } from './request-kind.ts';
import { SparingLog } from './sparing-log.ts';

/** A person and some scripts; more at once is a misuse. */
const MAX_CONNECTIONS = 32;
/** Of these, for admins: whatever they do, root has a place. */
const MAX_ADMIN_CONNECTIONS = 24;
/** A client that is turned away has so long to read why, in milliseconds. */
const FAREWELL_MS = 1_000;
/** Clients that are being told so; those beyond are told nothing. */
const MAX_FAREWELLS = 32;
/** Clients that the system lets wait: a busy moment must not look like an agent that is not there. */
const MAX_BACKLOG = 128;
/** Of this user alone from its first moment: nothing is made that others may connect to. */
const SOCKET_UMASK = 0o177;

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
  /** Clients beyond the bounds. */
  turnedAway: number;
  requests: Record<string, number>;
}

/** Answers the command line. */
export class ControlServer {
  readonly #server: Server;
  readonly #kinds: ReadonlyMap<string, RequestKind>;
  readonly #admission: Admission;
  readonly #log: Log;
  readonly #refusals: SparingLog;
  readonly #open = new Map<Connection, Role>();
  readonly #leaving = new Set<Socket>();
  readonly #counters: ControlCounters = {
    connections: 0,
    refusedPeers: 0,
    badRequests: 0,
    turnedAway: 0,
    requests: {},
  };

  constructor(kinds: readonly RequestKind[], admission: Admission, log: Log) {
    this.#kinds = new Map(kinds.map((kind) => [kind.name, kind]));
    this.#admission = admission;
    this.#log = log;
    this.#refusals = new SparingLog(log);
    this.#server = createServer((socket) => this.#admit(socket));
    // A server that could not accept a client has not failed for the others.
    this.#server.on('error', (error) => log.warn('a client could not be accepted', { error: error.message }));
  }

  get counters(): Readonly<ControlCounters> {
    return this.#counters;
  }

  /** Takes clients from a socket that listens already. @throws ControlSocketError */
  async listenOn(descriptor: number): Promise<void> {
    this.#server.listen({ fd: descriptor, backlog: MAX_BACKLOG });
    await this.#listening(`descriptor ${descriptor}`);
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
    await removeStale(path);
    // The socket is made before listen() returns, with the mode that the umask leaves.
    const umask = process.umask(SOCKET_UMASK);
    try {
      this.#server.listen({ path, backlog: MAX_BACKLOG });
    } finally {
      process.umask(umask);
    }
    await this.#listening(path);
  }

  /** Ends every connection and lets go of the socket; one that was made here is removed. */
  async close(): Promise<void> {
    for (const connection of this.#open.keys()) connection.destroy();
    for (const socket of this.#leaving) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #listening(name: string): Promise<void> {
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
      this.#refusals.warn('a client was refused', { uid: peer?.uid ?? null, pid: peer?.pid ?? null });
      socket.destroy();
    } else if (!this.#hasPlace(role)) {
      this.#counters.turnedAway += 1;
      this.#refusals.warn('a client was turned away: too many ask at once', { uid: peer.uid, pid: peer.pid });
      this.#turnAway(socket);
    } else {
      this.#serve(socket, peer, role);
    }
  }

  #hasPlace(role: Role): boolean {
    if (this.#open.size >= MAX_CONNECTIONS) return false;
    if (role === 'root') return true;
    return [...this.#open.values()].filter((each) => each === role).length < MAX_ADMIN_CONNECTIONS;
  }

  #turnAway(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.#leaving.size >= MAX_FAREWELLS) {
      socket.destroy();
      return;
    }
    this.#leaving.add(socket);
    socket.once('close', () => this.#leaving.delete(socket));
    const error: AnswerError = {
      code: 'busy',
      message: 'too many ask this agent at once',
      remedy: 'Ask again in a moment.',
    };
    socket.end(`${JSON.stringify({ id: 0, error })}\n`);
    // What it asks is thrown away; its end is noticed only while it is read.
    socket.resume();
    setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
  }

  #serve(socket: Socket, peer: Peer, role: Role): void {
    this.#counters.connections += 1;
    const connection = new Connection(socket, {
      peer,
      role,
      kinds: this.#kinds,
      onRequest: (kind, request, { uid, pid }) => {
        this.#counters.requests[kind.name] = (this.#counters.requests[kind.name] ?? 0) + 1;
        if (kind.changes)
          this.#log.info('asked for a change', { request: kind.name, uid, pid, ...whatOf(request.with) });
      },
      onBadRequest: ({ code }, { uid, pid }, request) => {
        this.#counters.badRequests += 1;
        this.#refusals.info(`a request was refused: ${code}`, { code, uid, pid, request });
      },
      onFault: (kind, error) =>
        this.#log.error('a request failed', { request: kind.name, error: String(error) }),
    });
    this.#open.set(connection, role);
    socket.once('close', () => this.#open.delete(connection));
  }
}

/** What is named in the log of a change: ids and levels, never text of a person. */
function whatOf({ id, status, level, exception }: Record<string, unknown>): object {
  return Object.fromEntries(
    Object.entries({ id, status, level, exception }).filter(([, value]) => isShort(value)),
  );
}

function isShort(value: unknown): boolean {
  return typeof value === 'string' && /^[\w+/=-]{1,128}$/.test(value);
}

/** Removes the socket of an agent that was killed. @throws ControlSocketError where it is anything else */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new ControlSocketError(`${path} is there and is not a socket`, { remedy: 'Move it away.' });
  const other = await ControlClient.connect(path);
  if (other !== null) {
    other.close();
    throw new ControlSocketError(`another process listens on ${path}`, { remedy: 'End it first.' });
  }
  unlinkSync(path);
}
