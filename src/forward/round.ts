/**
 * One round: a batch is sent, in pieces where the destination asks for that, until each document has an outcome or
 * the destination cannot go on. Time plays no part here; when to try again is the forwarder's business.
 */
import type { Delivery } from '../store/alert-store.ts';
import type { Destination, DocumentOutcome, SendResult } from './destination.ts';

/** Requests in one round. To single out one refused document among 500 takes some 18; more than this is no accident. */
const MAX_REQUESTS_PER_ROUND = 64;

/** Documents refused alone, with none taken in the same round, after which the request itself is to blame. */
const MAX_SUSPECTS = 3;

/**
 * A document of this size or more may be refused for its size alone, in bytes. A collector that finds smaller ones
 * too large takes none at all: that is judged as any other refusal of a request.
 */
const MIN_OVERSIZE_BYTES = 64 * 1024;

/** Why the destination could not go on. */
export type Trouble =
  | { kind: 'unavailable'; error: string; retryAfterMs: number | null }
  | { kind: 'held'; reason: 'unauthorized' | 'misconfigured'; error: string };

export interface Attempt {
  delivery: Delivery;
  outcome: DocumentOutcome;
}

export interface Round {
  /** Documents that were tried. The others of the batch stay as they were. */
  attempts: Attempt[];
  trouble: Trouble | null;
  /** Bytes of the smallest batch that was too large for one request; null if none was. */
  tooLargeBytes: number | null;
}

/** Size of a delivery in a request, in bytes, give or take the action line. */
export function bytesOf(delivery: Delivery): number {
  return Buffer.byteLength(delivery.document);
}

function sizeOf(piece: readonly Delivery[]): number {
  return piece.reduce((sum, each) => sum + bytesOf(each), 0);
}

/** Cuts deliveries into consecutive batches of at most `maxBytes`; a larger document goes alone. */
export function splitByBytes(deliveries: readonly Delivery[], maxBytes: number): Delivery[][] {
  const batches: Delivery[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const delivery of deliveries) {
    const size = bytesOf(delivery);
    bytes += size;
    if (bytes > maxBytes) {
      batches.push([]);
      bytes = size;
    }
    batches.at(-1)!.push(delivery);
  }
  return batches;
}

class RoundInProgress {
  readonly #destination: Destination;
  readonly #signal: AbortSignal;
  readonly #round: Round = { attempts: [], trouble: null, tooLargeBytes: null };
  /** Documents whose request was refused when they were alone in it, with the refusal. */
  readonly #suspects: { delivery: Delivery; error: string }[] = [];
  /** Pieces still to be sent, the next one last. */
  readonly #pieces: Delivery[][];
  #answered = false;

  constructor(destination: Destination, batch: Delivery[], signal: AbortSignal) {
    this.#destination = destination;
    this.#pieces = [batch];
    this.#signal = signal;
  }

  async run(): Promise<Round> {
    for (let requests = 0; requests < MAX_REQUESTS_PER_ROUND; requests += 1) {
      const piece = this.#nextPiece();
      if (piece === undefined || this.#signal.aborted || this.#round.trouble !== null) break;
      const documents = piece.map(({ documentId, document }) => ({ id: documentId, document }));
      this.#take(piece, await this.#destination.send(documents, this.#signal));
    }
    this.#judgeSuspects();
    return this.#round;
  }

  #nextPiece(): Delivery[] | undefined {
    const piece = this.#pieces.pop();
    const limit = this.#round.tooLargeBytes;
    if (piece === undefined || piece.length === 1 || limit === null || sizeOf(piece) < limit) return piece;
    // As large as one that was too large: there is no need to ask.
    this.#halve(piece);
    return this.#nextPiece();
  }

  #take(piece: Delivery[], result: SendResult): void {
    switch (result.kind) {
      case 'answered':
        this.#answered = true;
        for (const [index, delivery] of piece.entries()) {
          this.#round.attempts.push({ delivery, outcome: result.outcomes[index]! });
        }
        return;
      case 'too-large':
        this.#round.tooLargeBytes = Math.min(
          this.#round.tooLargeBytes ?? Number.POSITIVE_INFINITY,
          sizeOf(piece),
        );
        if (piece.length > 1) this.#halve(piece);
        else if (sizeOf(piece) < MIN_OVERSIZE_BYTES) this.#suspect(piece[0]!, result.error);
        else this.#record(piece, { kind: 'refused', error: result.error });
        return;
      case 'rejected':
        if (piece.length > 1) this.#halve(piece);
        else this.#suspect(piece[0]!, result.error);
        return;
      case 'unavailable':
      case 'held':
        this.#round.trouble = result;
        this.#record(piece, { kind: 'retry', error: result.error, held: result.kind === 'held' });
        return;
      case 'aborted':
        return;
    }
  }

  #record(piece: readonly Delivery[], outcome: DocumentOutcome): void {
    for (const delivery of piece) this.#round.attempts.push({ delivery, outcome });
  }

  #halve(piece: Delivery[]): void {
    const middle = Math.ceil(piece.length / 2);
    this.#pieces.push(piece.slice(middle), piece.slice(0, middle));
  }

  #suspect(delivery: Delivery, error: string): void {
    this.#suspects.push({ delivery, error });
    if (!this.#answered && this.#suspects.length >= MAX_SUSPECTS) this.#blameRequest(error);
  }

  #blameRequest(error: string): void {
    this.#round.trouble = { kind: 'held', reason: 'misconfigured', error };
  }

  /**
   * A request that was refused with one document in it is that document's fault only if another document passed in
   * the same round. Otherwise a proxy that refuses everything would make us put every alert aside.
   */
  #judgeSuspects(): void {
    for (const { delivery, error } of this.#suspects) {
      if (this.#answered) {
        this.#record([delivery], { kind: 'refused', error });
      } else {
        this.#record([delivery], { kind: 'retry', error, held: true });
        this.#blameRequest(error);
      }
    }
  }
}

/** Sends the batch; resolves with what came of each document that was tried. */
export function sendRound(destination: Destination, batch: Delivery[], signal: AbortSignal): Promise<Round> {
  return new RoundInProgress(destination, batch, signal).run();
}
