/**
 * What the agent needs from its storage, and nothing of how it is done. Every implementation is held to
 * this contract by test/store/conformance.ts. All times are Unix milliseconds.
 */
import type { ExceptionStore } from './exception-store.ts';
import type { GapStore } from './gap-store.ts';

export type AlertStatus = 'open' | 'acknowledged' | 'closed';

export const ALERT_STATUSES: readonly AlertStatus[] = ['open', 'acknowledged', 'closed'];

export interface NewAlert {
  /** Hash of what identifies the alert, never random: the same event seen again has the same id. */
  id: string;
  ruleId: string;
  ruleName: string;
  severity: string;
  riskScore: number;
  /** The life of the process that the alert is about. A rule makes one alert for each. */
  entityId: string;
  /** When the event happened. */
  timeMs: number;
  /** The ECS alert document as JSON text: exactly what destinations receive. */
  document: string;
  /** JSON text for the responder on this host (process tree and the like). It is never sent. */
  detail: string;
}

export interface StatusChange {
  atMs: number;
  status: AlertStatus;
  comment: string | null;
}

export interface StoredAlert extends NewAlert {
  /** Short name of the alert on this host. Rises, and is never given to another alert. */
  number: number;
  storedMs: number;
  status: AlertStatus;
  /** Every change of the status, oldest first; an alert starts open without an entry here. */
  changes: StatusChange[];
}

export interface AppendResult {
  /** Ids that were not there before and are durable now. */
  stored: string[];
  /** Ids left alone: the id is there already, or the rule has its alert for this entity. */
  known: string[];
}

export interface AlertFilter {
  status?: AlertStatus;
  /** Only alerts of events at or after this time. */
  sinceMs?: number;
  ruleId?: string;
  /** Only alerts that stand behind this one in the order of `list`: the next page. */
  after?: Pick<StoredAlert, 'timeMs' | 'number'>;
  /** At most so many, the newest; `DEFAULT_LIST_LIMIT` if left out. */
  limit?: number;
}

/** Alerts `list` returns when no limit is given: 1,000 documents of some 8 KiB are 8 MiB in memory. */
export const DEFAULT_LIST_LIMIT = 1000;

/** Shortest prefix `get` accepts, in characters: 24 bits of a hex id, as git's short hashes are used. */
export const MIN_ID_PREFIX = 6;

/** A document, an alert's or a gap's, that a destination has not taken yet. */
export interface Delivery {
  /** Names it to `settle`. */
  number: number;
  documentId: string;
  document: string;
  /** How often it was sent so far. */
  attempts: number;
}

/** What came of sending one document once. Each outcome counts as an attempt. */
export type DeliveryOutcome =
  /** The destination has it. `duplicate`: it had it already. */
  | { number: number; kind: 'delivered'; duplicate: boolean; atMs: number }
  /** Not taken this time. `atMs` is when that was learnt; `nextAttemptMs` when to try again. */
  | { number: number; kind: 'retry'; nextAttemptMs: number; error: string; atMs: number }
  /** Refused for good: never sent again, kept with the reason in the destination's words. */
  | { number: number; kind: 'refused'; error: string; atMs: number };

/** Of documents, those of alerts and of gaps together. */
export interface DestinationCounts {
  name: string;
  pending: number;
  /** Taken by the destination, `duplicates` included. */
  delivered: number;
  /** Of the delivered ones, those the destination said it had already. */
  duplicates: number;
  refused: number;
  /** When the oldest document that still waits was stored. */
  oldestPendingMs: number | null;
  lastError: string | null;
  lastErrorMs: number | null;
  lastDeliveredMs: number | null;
}

export interface StoreCounts {
  total: number;
  byStatus: Record<AlertStatus, number>;
  /** In order of name. */
  destinations: DestinationCounts[];
  /** Size of the database's files together. */
  bytes: number;
}

export interface NewRun {
  /** What is tapped: `eslogger`, a capture's path and so on. */
  source: string;
  pid: number;
  startedMs: number;
}

export interface RunState {
  heartbeatMs: number;
  /** Present once the run ended in order. A run without it was cut off. */
  endedMs?: number;
  /** JSON text. */
  counters: string;
}

export interface RunRow extends NewRun {
  run: number;
  heartbeatMs: number;
  endedMs: number | null;
  counters: string;
}

/**
 * Alerts, their status and their deliveries, the exceptions to them, and the gaps between them. Methods reject with an `ExectapError` of `errors.ts` in this
 * folder; a rejected write left nothing half done.
 */
export interface AlertStore extends ExceptionStore, GapStore {
  /**
   * Stores alerts together with a delivery for every known destination. When it resolves, they are durable.
   * Calls made while a commit runs are gathered into the next one, so many callers share one flush.
   * An alert of wrong shape rejects its own call (`InvalidAlertError`) and no other. A call of more alerts than
   * fit into one commit is stored in several; should a later one fail, repeating the call is safe.
   */
  append(alerts: readonly NewAlert[]): Promise<AppendResult>;

  /** Newest event first. */
  list(filter?: AlertFilter): Promise<StoredAlert[]>;

  /**
   * An alert by its id, a prefix of it (`MIN_ID_PREFIX` characters or more) or its number; null if there is none.
   * A whole id wins over a prefix. `AmbiguousIdError` if several alerts fit.
   */
  get(idOrPrefix: string): Promise<StoredAlert | null>;

  /** Changes the status of the alert with this id and keeps the change as history. `UnknownAlertError`. */
  setStatus(id: string, status: AlertStatus, comment: string | null, atMs: number): Promise<void>;

  /** From now on every document has a delivery for it, those already held included. Known names are left alone. */
  addDestination(name: string): Promise<void>;

  /** Deliveries whose time has come: of alerts, then of gaps, the oldest first. `UnknownDestinationError`. */
  due(destination: string, nowMs: number, limit: number): Promise<Delivery[]>;

  /** Records outcomes, all or none. Deliveries that are no longer pending stay as they are. */
  settle(destination: string, outcomes: readonly DeliveryOutcome[]): Promise<void>;

  /** When the next pending delivery is due (a time in the past: now); null if none is pending. */
  nextDue(destination: string): Promise<number | null>;

  counts(): Promise<StoreCounts>;

  getMeta(key: string): Promise<string | null>;
  setMeta(key: string, value: string): Promise<void>;

  /** Opens the record of one run of the agent and returns its number. */
  beginRun(run: NewRun): Promise<number>;
  updateRun(run: number, state: RunState): Promise<void>;
  lastRun(): Promise<RunRow | null>;

  /** Waits for what was begun, then lets go of the files. Closing twice is allowed. */
  close(): Promise<void>;
}
