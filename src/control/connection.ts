import { once } from 'node:events';
import type { Socket } from 'node:net';
import { ExectapError } from '../errors.ts';
import type { Peer } from '../native/index.ts';
import { Lines } from './lines.ts';
import type { Role } from './peer.ts';
import {
  type AnswerError,
  MAX_ANSWER_BYTES,
  MAX_REQUEST_BYTES,
  type Request,
  readRequest,
} from './protocol.ts';
import { type Call, ParameterError, type RequestKind } from './request-kind.ts';

/** A client asks at once; one that connects and says nothing holds a place. */
const REQUEST_MS = 5_000;
/** A client that takes nothing for so long is gone. */
const STALL_MS = 10_000;
/** Requests that may wait behind the one being answered; a client asks one thing after another. */
const MAX_WAITING = 4;
/** Bytes of answers that may wait for a slow client before items are left out. */
const OFFER_BYTES = 1024 * 1024;

export interface ConnectionContext {
  readonly peer: Peer;
  readonly role: Role;
  readonly kinds: ReadonlyMap<string, RequestKind>;
  /** Told of a request that is about to be run. */
  readonly onRequest: (kind: RequestKind, request: Request, peer: Peer) => void;
  /** Told of a line that is no request, or of one that may not be had; its name where there is such a request. */
  readonly onBadRequest: (error: AnswerError, peer: Peer, request?: string) => void;
  /** Told of a fault of the agent's own. */
  readonly onFault: (kind: RequestKind, error: unknown) => void;
}

/** One client: its requests, answered one after another. */
export class Connection {
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  readonly #lines = new Lines(MAX_REQUEST_BYTES);
  readonly #gone = new AbortController();
  readonly #waiting: string[] = [];
  #answering = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    socket.on('data', (bytes) => this.#read(bytes));
    // What a client does to its end is no fault of ours; `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
    this.#expectRequest();
  }

  /** Ends the connection, whatever it does. */
  destroy(): void {
    this.#socket.destroy();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#gone.abort();
  }

  #expectRequest(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.destroy(), REQUEST_MS);
    this.#timer.unref();
  }

  #read(bytes: Buffer): void {
    const lines = this.#lines.push(bytes);
    this.#waiting.push(...(lines ?? []));
    if (lines === null) this.#refuse({ code: 'malformed', message: 'the request is too long' });
    else if (this.#waiting.length > MAX_WAITING)
      this.#refuse({ code: 'malformed', message: 'too many requests at once' });
    else if (this.#waiting.length > 0 && !this.#answering) void this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    this.#answering = true;
    clearTimeout(this.#timer);
    for (let line = this.#waiting.shift(); line !== undefined; line = this.#waiting.shift()) {
      if (this.#gone.signal.aborted || !(await this.#answer(line))) return;
    }
    this.#answering = false;
    if (!this.#gone.signal.aborted) this.#expectRequest();
  }

  /** false where the line ends the connection. */
  async #answer(line: string): Promise<boolean> {
    const request = readRequest(line);
    if ('code' in request) {
      this.#refuse(request);
      return false;
    }
    const kind = this.#context.kinds.get(request.request);
    const refusal = (code: AnswerError['code'], message: string, remedy?: string): boolean => {
      const error = { code, message, remedy };
      this.#context.onBadRequest(error, this.#context.peer, kind?.name);
      this.#send({ id: request.id, error });
      return true;
    };
    if (kind === undefined)
      return refusal('invalid', `there is no request ${JSON.stringify(request.request)}`);
    if (kind.role === 'root' && this.#context.role !== 'root')
      return refusal('forbidden', `${kind.name} is for root`, 'Use sudo.');
    try {
      this.#context.onRequest(kind, request, this.#context.peer);
      const done = await kind.run(request.with, this.#call(request.id));
      this.#send({ id: request.id, done: done ?? null });
    } catch (error) {
      if (error instanceof ParameterError) return refusal('invalid', error.message);
      this.#send({ id: request.id, error: this.#failure(kind, error) });
    }
    return true;
  }

  #failure(kind: RequestKind, error: unknown): AnswerError {
    if (error instanceof ExectapError)
      return { code: 'failed', message: error.message, remedy: error.remedy };
    // Its words may hold what the client must not see.
    this.#context.onFault(kind, error);
    return { code: 'failed', message: 'the agent has failed at this', remedy: 'Its log says more.' };
  }

  #call(id: number): Call {
    const { peer, role } = this.#context;
    return {
      peer,
      role,
      signal: this.#gone.signal,
      item: async (value) => {
        if (!this.#send({ id, item: value })) await this.#drained();
      },
      offer: (value) => {
        if (this.#socket.writableLength > OFFER_BYTES) return false;
        this.#send({ id, item: value });
        return true;
      },
    };
  }

  async #drained(): Promise<void> {
    if (this.#gone.signal.aborted) return;
    const stalled = setTimeout(() => this.destroy(), STALL_MS);
    try {
      await once(this.#socket, 'drain', { signal: this.#gone.signal });
    } catch {
      // The client has gone; the signal tells the request so.
    } finally {
      clearTimeout(stalled);
    }
  }

  /** false where the client is slow. */
  #send(answer: object): boolean {
    if (this.#gone.signal.aborted || this.#socket.destroyed || this.#socket.writableEnded) return true;
    const line = `${JSON.stringify(answer)}\n`;
    if (Buffer.byteLength(line) > MAX_ANSWER_BYTES) {
      const { id } = answer as { id: number };
      return this.#send({ id, error: { code: 'failed', message: 'the answer is longer than one may be' } });
    }
    return this.#socket.write(line);
  }

  #refuse(error: AnswerError): void {
    this.#context.onBadRequest(error, this.#context.peer);
    this.#waiting.length = 0;
    this.#socket.pause();
    this.#socket.end(`${JSON.stringify({ id: 0, error })}\n`);
    // A client that does not take the answer is let go of all the same.
    setTimeout(() => this.destroy(), REQUEST_MS).unref();
  }
}
