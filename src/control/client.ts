import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { messageOf } from '../errors.ts';
import { AgentRefusedError, AgentSilentError, ControlSocketError } from './errors.ts';
import { Lines } from './lines.ts';
import {
  type Answer,
  MAX_ANSWER_BYTES,
  MAX_SOCKET_PATH_BYTES,
  PROTOCOL_VERSION,
  readAnswer,
} from './protocol.ts';

/** A person waits no longer for an agent, and no longer between two of its words. */
export const PATIENCE_MS = 2_000;
/** For a whole answer, however busily it comes: a million alerts take half of it. */
const WHOLE_ANSWER_MS = 60_000;
/** Items of one answer, where it has an end. */
const MAX_ITEMS = 10_000_000;

/** No agent is behind the path. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR']);

/** The command line's side of a connection. */
export class ControlClient {
  readonly #socket: Socket;
  readonly #path: string;
  readonly #answers: Answer[] = [];
  readonly #lines = new Lines(MAX_ANSWER_BYTES);
  #failure: Error | null = null;
  #wake: (() => void) | null = null;
  #id = 0;

  private constructor(socket: Socket, path: string) {
    this.#socket = socket;
    this.#path = path;
    socket.on('data', (bytes) => this.#read(bytes));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  /**
   * Connects to the agent behind a path; null where there is none.
   * @throws ControlSocketError where there is one that this user may not ask
   */
  static async connect(path: string): Promise<ControlClient | null> {
    // The system would cut the path, and another's socket may lie where it is cut.
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) return null;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const socket = connect({ path });
    try {
      await once(socket, 'connect', { signal });
      return new ControlClient(socket, path);
    } catch (cause) {
      socket.destroy();
      const { code } = cause as NodeJS.ErrnoException;
      // So many connect at once that the system has no place for one more [Linux, connect(2)].
      if (code === 'EAGAIN') throw silent(path);
      if (code !== undefined && NOBODY.has(code)) return null;
      if (code === 'EACCES' || code === 'EPERM')
        throw new ControlSocketError(`an agent runs here, and this user may not ask it (${path})`, {
          cause,
          remedy: 'Its socket is for root and the members of group admin: use sudo.',
        });
      if (code === 'ABORT_ERR') throw silent(path);
      throw new ControlSocketError(`the agent cannot be reached at ${path}: ${messageOf(cause)}`, { cause });
    }
  }

  /**
   * Asks, hands over every item, and gives the last answer.
   *
   * @param patient whether items may be a long time in coming once the first has come
   * @throws AgentRefusedError in the agent's words; AgentSilentError where it says nothing for PATIENCE_MS
   */
  async call(
    request: string,
    parameters: object = {},
    {
      onItem = () => undefined,
      patient = false,
    }: { onItem?: (item: unknown) => Promise<void> | void; patient?: boolean } = {},
  ): Promise<unknown> {
    this.#id += 1;
    const line = { v: PROTOCOL_VERSION, id: this.#id, request, with: parameters };
    this.#socket.write(`${JSON.stringify(line)}\n`);
    const giveUpAt = performance.now() + WHOLE_ANSWER_MS;
    for (let items = 0; ; items += 1) {
      const answer = await this.#next(patient && items > 0);
      if ('error' in answer) {
        const { code, message, remedy } = answer.error;
        throw new AgentRefusedError(message, { code, ...(remedy !== undefined && { remedy }) });
      }
      if (answer.id !== this.#id) throw garbled(this.#path);
      if ('done' in answer) return answer.done;
      if (!patient && (items >= MAX_ITEMS || performance.now() > giveUpAt)) throw garbled(this.#path);
      await onItem(answer.item);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  async #next(patient: boolean): Promise<Answer> {
    let late = false;
    const timer = patient
      ? undefined
      : setTimeout(() => {
          late = true;
          this.#wake?.();
        }, PATIENCE_MS);
    try {
      for (;;) {
        const answer = this.#answers.shift();
        if (answer !== undefined) {
          if (this.#answers.length === 0) this.#socket.resume();
          return answer;
        }
        if (this.#failure !== null) throw this.#lost(this.#failure);
        if (late) throw silent(this.#path);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
      this.#wake = null;
    }
  }

  #read(bytes: Buffer): void {
    const answers = this.#lines.push(bytes)?.map(readAnswer) ?? [null];
    for (const answer of answers) {
      if (answer === null) this.#fail(garbled(this.#path));
      else this.#answers.push(answer);
    }
    // What has come is worked on before more is taken.
    if (this.#answers.length > 0) this.#socket.pause();
    this.#wake?.();
  }

  #lost(error: Error): Error {
    return error instanceof ControlSocketError
      ? error
      : new ControlSocketError(`the agent has gone while it was asked: ${error.message}`, {
          cause: error,
          remedy: 'Ask again; exectap status tells whether it runs.',
        });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#socket.destroy();
    this.#wake?.();
  }
}

function silent(path: string): AgentSilentError {
  return new AgentSilentError(`the agent behind ${path} has not answered within ${PATIENCE_MS / 1_000} s`, {
    remedy: 'It may be busy or hung: its log says what it does. Ask again, or restart it.',
  });
}

function garbled(path: string): ControlSocketError {
  return new ControlSocketError(`what is behind ${path} does not speak as an agent does`, {
    remedy: 'Use the exectap that belongs to the running agent.',
  });
}
