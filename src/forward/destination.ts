/** The seam between the forwarder, which knows about queues and time, and a destination, which knows a protocol. */

export interface OutgoingDocument {
  /** The destination's id for it too: a document that is sent twice must be recognisable. */
  id: string;
  /** JSON text. */
  document: string;
}

/** What the destination said about one document. */
export type DocumentOutcome =
  | {
      kind: 'delivered';
      duplicate: boolean /** Accepted, but put aside by the collector. */;
      failureStore: boolean;
    }
  /** `held`: it is a matter of rights, so trying soon again is of no use. */
  | { kind: 'retry'; error: string; held: boolean }
  /** Never send it again. */
  | { kind: 'refused'; error: string };

export type SendResult =
  /** One outcome for each document, in the order they were given. */
  | { kind: 'answered'; outcomes: DocumentOutcome[] }
  /** Nothing is known about any document: down, overloaded, or an answer that makes no sense. */
  | { kind: 'unavailable'; error: string; retryAfterMs: number | null }
  /** Nothing was taken and nothing will be before a person changes something. No document is to blame. */
  | { kind: 'held'; reason: 'unauthorized' | 'misconfigured'; error: string }
  /** The request was too large: fewer documents may pass. */
  | { kind: 'too-large'; error: string }
  /** The request as a whole was refused; one document in it may be the cause. */
  | { kind: 'rejected'; error: string }
  /** Our own signal ended it. */
  | { kind: 'aborted' };

export interface Destination {
  readonly name: string;
  /** Sends once; never rejects for what a network or a collector can do. */
  send(batch: readonly OutgoingDocument[], signal: AbortSignal): Promise<SendResult>;
  /** Lets go of connections. It can still be used afterwards. */
  close(): Promise<void>;
}
