/** The `AlertStore` over two SQLite connections: one writes, one reads, so that a long list delays no commit. */
import {
  ALERT_STATUSES,
  type AlertFilter,
  type AlertStatus,
  type AlertStore,
  type AppendResult,
  DEFAULT_LIST_LIMIT,
  type Delivery,
  type DeliveryOutcome,
  type DestinationCounts,
  MIN_ID_PREFIX,
  type NewAlert,
  type NewRun,
  type RunRow,
  type RunState,
  type StoreCounts,
  type StoredAlert,
} from '../alert-store.ts';
import {
  AmbiguousIdError,
  InvalidAlertError,
  StoreClosedError,
  StoreReadOnlyError,
  TooManyExceptionsError,
  UnknownAlertError,
  UnknownDestinationError,
  UnknownExceptionError,
  UnknownRunError,
} from '../errors.ts';
import {
  type ExceptionHits,
  MAX_EXCEPTIONS,
  type NewException,
  type StoredException,
} from '../exception-store.ts';
import {
  DEFAULT_GAP_LIMIT,
  type GapCounts,
  type GapFilter,
  type SavedGap,
  type StoredGap,
} from '../gap-store.ts';
import type { Connection } from './connection.ts';
import { isConstraintFailure } from './failures.ts';
import { sizeOf } from './files.ts';
import { GroupCommit } from './group-commit.ts';
import * as sql from './statements.ts';

/** Ids shown when a prefix fits several alerts. */
const MAX_CANDIDATES = 5;

type AlertRow = Omit<StoredAlert, 'changes'> & { changes: string };

function alertOf(row: AlertRow): StoredAlert {
  return { ...row, changes: JSON.parse(row.changes) as StoredAlert['changes'] };
}

type GapRow = Omit<StoredGap, 'exact' | 'lostByType'> & { exact: 0 | 1; lostByType: string | null };

function gapOf(row: GapRow): StoredGap {
  const lostByType = row.lostByType === null ? null : (JSON.parse(row.lostByType) as StoredGap['lostByType']);
  return { ...row, exact: row.exact === 1, lostByType };
}

export class SqliteAlertStore implements AlertStore {
  readonly #path: string;
  readonly #reader: Connection;
  readonly #writer: Connection | null;
  readonly #appends: GroupCommit;
  readonly #destinations = new Map<string, number>();
  #closing: Promise<void> | null = null;

  /** @param writer null for a store that is open for reading only. */
  constructor(path: string, reader: Connection, writer: Connection | null) {
    this.#path = path;
    this.#reader = reader;
    this.#writer = writer;
    this.#appends = new GroupCommit((alerts) => this.#insert(alerts));
  }

  async append(alerts: readonly NewAlert[]): Promise<AppendResult> {
    this.#writable();
    return this.#appends.append(alerts);
  }

  async list(filter: AlertFilter = {}): Promise<StoredAlert[]> {
    const { status = null, sinceMs = null, ruleId = null, after, limit = DEFAULT_LIST_LIMIT } = filter;
    const rows = await this.#readable().all<AlertRow>(sql.LIST_ALERTS, [
      status,
      sinceMs,
      ruleId,
      limit,
      after?.timeMs ?? Number.MAX_SAFE_INTEGER,
      after?.number ?? Number.MAX_SAFE_INTEGER,
    ]);
    return rows.map(alertOf);
  }

  async get(idOrPrefix: string): Promise<StoredAlert | null> {
    const reader = this.#readable();
    const [exact] = await reader.all<AlertRow>(sql.ALERT_BY_ID, [idOrPrefix]);
    if (exact !== undefined) return alertOf(exact);
    const found = new Map<number, AlertRow>();
    const number = /^[1-9]\d*$/.test(idOrPrefix) ? Number(idOrPrefix) : Number.NaN;
    if (Number.isSafeInteger(number)) {
      for (const row of await reader.all<AlertRow>(sql.ALERT_BY_NUMBER, [number])) found.set(row.number, row);
    }
    if (idOrPrefix.length >= MIN_ID_PREFIX) {
      const rows = await reader.all<AlertRow>(sql.ALERTS_BY_PREFIX, [idOrPrefix, MAX_CANDIDATES]);
      for (const row of rows) found.set(row.number, row);
    }
    const candidates = [...found.values()];
    if (candidates.length > 1) {
      throw new AmbiguousIdError(
        idOrPrefix,
        candidates.map((row) => row.id),
      );
    }
    return candidates[0] === undefined ? null : alertOf(candidates[0]);
  }

  async setStatus(id: string, status: AlertStatus, comment: string | null, atMs: number): Promise<void> {
    if (!ALERT_STATUSES.includes(status)) throw new TypeError(`Not a status of an alert: ${String(status)}`);
    const { changes } = await this.#writable().run(sql.INSERT_CHANGE, [id, atMs, status, comment]);
    if (changes === 0) throw new UnknownAlertError(`There is no alert with the id '${id}'.`);
  }

  async addDestination(name: string): Promise<void> {
    await this.#writable().run(sql.INSERT_DESTINATION, [name]);
  }

  async due(destination: string, nowMs: number, limit: number): Promise<Delivery[]> {
    const number = await this.#destinationNumber(destination);
    return this.#readable().all<Delivery>(sql.DUE_DELIVERIES, [number, nowMs, limit]);
  }

  async settle(destination: string, outcomes: readonly DeliveryOutcome[]): Promise<void> {
    const writer = this.#writable();
    const number = await this.#destinationNumber(destination);
    if (outcomes.length === 0) return;
    await writer.run(sql.SETTLE_DELIVERIES, [number, JSON.stringify(outcomes)]);
  }

  async nextDue(destination: string): Promise<number | null> {
    const number = await this.#destinationNumber(destination);
    const [row] = await this.#readable().all<{ next: number | null }>(sql.NEXT_DUE, [number]);
    return row!.next;
  }

  async counts(): Promise<StoreCounts> {
    const reader = this.#readable();
    const rows = await reader.all<{ status: AlertStatus; count: number }>(sql.COUNT_ALERTS);
    const destinations = await reader.all<DestinationCounts>(sql.COUNT_DELIVERIES);
    const byStatus: Record<AlertStatus, number> = { open: 0, acknowledged: 0, closed: 0 };
    for (const { status, count } of rows) byStatus[status] = count;
    const total = rows.reduce((sum, { count }) => sum + count, 0);
    return { total, byStatus, destinations, bytes: await sizeOf(this.#path) };
  }

  async getMeta(key: string): Promise<string | null> {
    const [row] = await this.#readable().all<{ value: string }>(sql.GET_META, [key]);
    return row?.value ?? null;
  }

  async setMeta(key: string, value: string): Promise<void> {
    await this.#writable().run(sql.SET_META, [key, value]);
  }

  async beginRun(run: NewRun): Promise<number> {
    const { lastId } = await this.#writable().run(sql.INSERT_RUN, [run.source, run.pid, run.startedMs]);
    return lastId;
  }

  async updateRun(run: number, state: RunState): Promise<void> {
    const values = [run, state.heartbeatMs, state.endedMs ?? null, state.counters];
    const { changes } = await this.#writable().run(sql.UPDATE_RUN, values);
    if (changes === 0) throw new UnknownRunError(`There is no run ${run}.`);
  }

  async lastRun(): Promise<RunRow | null> {
    const [row] = await this.#readable().all<RunRow>(sql.LAST_RUN);
    return row ?? null;
  }

  exceptions(which: 'standing' | 'all' = 'standing'): Promise<StoredException[]> {
    return this.#readable().all<StoredException>(sql.LIST_EXCEPTIONS, [which === 'all' ? 1 : 0]);
  }

  async addException(exception: NewException): Promise<{ exception: StoredException; changed: boolean }> {
    const { id, ruleId, where, reason, createdMs, createdBy, expiresMs } = exception;
    const values = [id, ruleId, where, reason, createdMs, createdBy, expiresMs, MAX_EXCEPTIONS];
    const writer = this.#writable();
    const { changes } = await writer.run(sql.INSERT_EXCEPTION, values);
    const [standing] = await writer.all<StoredException>(sql.STANDING_EXCEPTION, [id]);
    if (changes === 0 && (standing?.reason !== reason || standing.expiresMs !== expiresMs)) {
      throw new TooManyExceptionsError(`${MAX_EXCEPTIONS} exceptions stand already, and no more may.`, {
        remedy: 'Remove some, those that have expired first: exectap exceptions list shows them.',
      });
    }
    return { exception: standing!, changed: changes > 0 };
  }

  async removeException(id: string, atMs: number, by: number): Promise<StoredException> {
    const [removed] = await this.#writable().all<StoredException>(sql.REMOVE_EXCEPTION, [id, atMs, by]);
    if (removed !== undefined) return removed;
    throw new UnknownExceptionError(`No exception with the id '${id}' stands.`, {
      remedy: 'exectap exceptions list shows them.',
    });
  }

  async countExceptionHits(hits: readonly ExceptionHits[]): Promise<void> {
    if (hits.length > 0) await this.#writable().run(sql.COUNT_EXCEPTION_HITS, [JSON.stringify(hits)]);
  }

  async saveGaps(gaps: readonly SavedGap[]): Promise<void> {
    if (gaps.length > 0) await this.#writable().run(sql.SAVE_GAPS, [JSON.stringify(gaps), Date.now()]);
  }

  async gaps({ sinceMs, open, limit = DEFAULT_GAP_LIMIT }: GapFilter = {}): Promise<StoredGap[]> {
    const values = [sinceMs ?? null, open === true ? 1 : 0, limit];
    return (await this.#readable().all<GapRow>(sql.LIST_GAPS, values)).map(gapOf);
  }

  async gapCounts(sinceMs: number): Promise<GapCounts> {
    const [row] = await this.#readable().all<GapCounts>(sql.COUNT_GAPS, [sinceMs]);
    return row!;
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    await this.#appends.idle();
    await this.#reader.close();
    // The writer goes last: the last connection to close folds the log into the database, and only a writer can.
    await this.#writer?.close();
  }

  async #insert(alerts: readonly NewAlert[]): Promise<string[]> {
    try {
      const values = [JSON.stringify(alerts), Date.now()];
      const rows = await this.#writer!.all<{ id: string }>(sql.INSERT_ALERTS, values);
      return rows.map((row) => row.id);
    } catch (failure) {
      if (!isConstraintFailure(failure)) throw failure;
      // The shape was checked before; what only SQLite checks is that the two texts are JSON.
      throw new InvalidAlertError("An alert's document or detail is not JSON.", { cause: failure });
    }
  }

  /** Destinations are never renumbered or removed, so their numbers can be kept. */
  async #destinationNumber(name: string): Promise<number> {
    const kept = this.#destinations.get(name);
    if (kept !== undefined) return kept;
    const [row] = await this.#readable().all<{ number: number }>(sql.DESTINATION_NUMBER, [name]);
    if (row === undefined) throw new UnknownDestinationError(`The store knows no destination '${name}'.`);
    this.#destinations.set(name, row.number);
    return row.number;
  }

  #readable(): Connection {
    if (this.#closing !== null) throw new StoreClosedError('The store is closed.');
    return this.#reader;
  }

  #writable(): Connection {
    if (this.#closing !== null) throw new StoreClosedError('The store is closed.');
    if (this.#writer === null) {
      throw new StoreReadOnlyError('The store is open for reading only.');
    }
    return this.#writer;
  }
}
