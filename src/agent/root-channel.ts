import { randomInt } from 'node:crypto';
import { fstatSync, write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExectapError, messageOf } from '../errors.ts';
import type { RootAnswer } from './control-line.ts';

/** The descriptor that exectapd gives its worker for requests. */
const REQUEST_FD = 3;
/** Bytes of a request, whatever it asks [native/daemon/request.h]. */
const REQUEST_BYTES = 48;
const MAGIC = 'EXT1';
const Type = { restartTap: 1, heartbeat: 2, killToken: 3, killStart: 4 } as const;
/** Root answers at once or is gone; a person at the command line waits two seconds. */
const ANSWER_MS = 1_500;

/** One process of all times: by its audit token, or by its pid and the time of its start. */
export type KillTarget =
  /** The eight words of an audit_token_t, which only macOS has. */
  { readonly token: readonly number[] } | { readonly pid: number; readonly startUs: number };

/** What the worker can ask of the process that has root's rights. It may refuse. */
export interface Root {
  restartTap(): Promise<RootAnswer>;
  kill(target: KillTarget): Promise<RootAnswer>;
}

/** The worker was not started by exectapd, or exectapd is gone. */
export class RootChannelError extends ExectapError {}

/** The worker's side of the request channel. Answers come with the stream of events, as control lines. */
export class RootChannel implements Root {
  readonly #waiting = new Map<number, (answer: RootAnswer) => void>();
  /** Anywhere: an answer to the worker before must not be taken for one of ours. */
  #number = randomInt(2 ** 31);

  /** @throws RootChannelError where there is no such channel */
  constructor() {
    try {
      if (fstatSync(REQUEST_FD).isFIFO()) return;
    } catch {
      // Not open at all, which is told below.
    }
    throw new RootChannelError('the worker has no channel to root', {
      remedy: 'exectapd starts it; to run exectap by hand: exectap run',
    });
  }

  /** A sign of life: without one for a minute the worker is taken for hung. */
  async beat(): Promise<void> {
    await send(request(Type.heartbeat, 0));
  }

  restartTap(): Promise<RootAnswer> {
    return this.#ask((number) => request(Type.restartTap, number));
  }

  kill(target: KillTarget): Promise<RootAnswer> {
    return this.#ask((number) => killRequest(target, number));
  }

  /** Takes an answer that came with the stream. */
  answered(answer: RootAnswer): void {
    this.#waiting.get(answer.request)?.(answer);
  }

  async #ask(make: (number: number) => Buffer): Promise<RootAnswer> {
    this.#number = (this.#number % 0xffff_ffff) + 1;
    const number = this.#number;
    const answer = new Promise<RootAnswer>((resolve) => this.#waiting.set(number, resolve));
    const silence = new AbortController();
    try {
      await send(make(number));
      return await Promise.race([answer, tooLate(silence.signal)]);
    } finally {
      silence.abort();
      this.#waiting.delete(number);
    }
  }
}

function request(type: number, number: number): Buffer {
  const bytes = Buffer.alloc(REQUEST_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt8(type, 4);
  bytes.writeUInt32LE(number, 8);
  return bytes;
}

function killRequest(target: KillTarget, number: number): Buffer {
  if ('token' in target) {
    const bytes = request(Type.killToken, number);
    for (const [index, word] of target.token.entries()) bytes.writeUInt32LE(word, 16 + 4 * index);
    return bytes;
  }
  const bytes = request(Type.killStart, number);
  bytes.writeUInt32LE(target.pid, 16);
  bytes.writeBigUInt64LE(BigInt(target.startUs), 24);
  return bytes;
}

function send(bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    // Shorter than PIPE_BUF: all of it or nothing [POSIX write(2)].
    write(REQUEST_FD, bytes, (cause) => {
      if (cause === null) resolve();
      else
        reject(
          new RootChannelError(`root cannot be asked: ${messageOf(cause)}`, {
            cause,
            remedy: 'exectapd has closed the channel; its log says why',
          }),
        );
    });
  });
}

async function tooLate(signal: AbortSignal): Promise<never> {
  await sleep(ANSWER_MS, undefined, { signal });
  throw new RootChannelError(`root has not answered within ${ANSWER_MS} ms`, {
    remedy: 'look at the log of exectapd',
  });
}
