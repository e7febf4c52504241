import * as v from 'valibot';
import { type Gap, gapDocument, gapDocumentId, type HostIdentity, type Origin } from '../ecs/index.ts';
import { messageOf } from '../errors.ts';
import type { AlertStore, GapDocument, SavedGap, StoredGap } from '../store/index.ts';
import { type GapCause, type GapRecord, type GapSink, LOSS_CAUSES } from './gaps.ts';
import type { Log } from './log.ts';

/** Where the state keeps which Mac the last run was on: a gap may have to be told before the stream says it. */
const HOST_KEY = 'gaps.host';

/**
 * Gaps that wait to be written while the store takes none (a full disk). Beyond it the oldest is given up and counted;
 * a thousand are some 2 MiB.
 */
const MAX_UNWRITTEN = 1_000;

const text = v.optional(v.string());
const hostShape = v.object({
  id: v.string(),
  name: text,
  architecture: text,
  osVersion: text,
  osBuild: text,
  kernel: text,
});

type KeeperStore = Pick<AlertStore, 'getMeta' | 'setMeta' | 'gaps' | 'saveGaps'>;

/** Writes gaps to the state, and with them the documents that destinations receive. */
export class GapKeeper implements GapSink {
  readonly #store: KeeperStore;
  readonly #log: Log;
  readonly #unwritten = new Map<string, SavedGap>();
  #origin: Origin;
  /** Whether the host is to be written down. */
  #hostIsNew = false;
  #writing: Promise<void> | null = null;
  #givenUp = 0;
  #onSaved: () => void = () => undefined;

  constructor(store: KeeperStore, origin: Origin, log: Log) {
    this.#store = store;
    this.#origin = origin;
    this.#log = log;
  }

  /** Takes up the state of the run before, and ends the gaps that it had no time to end. */
  static async load(store: KeeperStore, origin: Origin, log: Log, nowMs: number): Promise<GapKeeper> {
    const kept = await store.getMeta(HOST_KEY);
    const host = kept === null ? null : v.safeParse(hostShape, JSON.parse(kept));
    const known = host?.success === true ? host.output : origin.host;
    const keeper = new GapKeeper(store, { ...origin, host: known }, log);
    for (const gap of await store.gaps({ open: true })) keeper.#cutOff(gap, nowMs);
    await keeper.settled();
    return keeper;
  }

  get hostId(): string {
    return this.#origin.host.id;
  }

  /** Gaps that could never be written. */
  get givenUp(): number {
    return this.#givenUp;
  }

  /** The Mac that the stream comes from. */
  host(host: HostIdentity): void {
    if (JSON.stringify(host) === JSON.stringify(this.#origin.host)) return;
    this.#origin = { ...this.#origin, host };
    this.#hostIsNew = true;
  }

  /** Whom to tell when gaps are durable. */
  onSaved(listener: () => void): void {
    this.#onSaved = listener;
  }

  changed({ id, gap, lastMs, toldOpen }: GapRecord): void {
    const documents = gap.toMs === null && !toldOpen ? [] : [this.#document(id, gap)];
    const { lostByType = null, ...state } = gap;
    this.#put({ id, ...state, lastMs, lostByType, documents });
    void this.#write();
  }

  async settled(): Promise<void> {
    // What was changed during a write is written by the next one.
    await this.#writing;
    await this.#write();
  }

  /** A gap of a run that was cut off before the gap was over. A loss is over with the last that was known of it. */
  #cutOff(stored: StoredGap, nowMs: number): void {
    const { number: _, lostByType, lastMs, ...rest } = stored;
    const toMs = LOSS_CAUSES.has(rest.cause) ? lastMs : Math.max(rest.fromMs, nowMs);
    const cutOff = 'the run was cut off while it lasted';
    const gap: Gap = {
      ...rest,
      // What is in the state this program, or one of its like, has written.
      cause: rest.cause as GapCause,
      toMs,
      exact: false,
      detail: rest.detail === null ? cutOff : `${rest.detail}; ${cutOff}`,
      ...(lostByType !== null && { lostByType }),
    };
    this.changed({ id: stored.id, gap, lastMs: toMs, toldOpen: false });
  }

  #document(id: string, gap: Gap): GapDocument {
    const document = gapDocument(id, gap, this.#origin, new Date().toISOString());
    return { id: gapDocumentId(id, gap), document: JSON.stringify(document) };
  }

  #put(gap: SavedGap): void {
    const before = this.#unwritten.get(gap.id);
    this.#unwritten.set(gap.id, { ...gap, documents: [...(before?.documents ?? []), ...gap.documents] });
    if (this.#unwritten.size <= MAX_UNWRITTEN) return;
    const [oldest] = this.#unwritten.keys();
    this.#unwritten.delete(oldest!);
    this.#givenUp += 1;
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#unwritten.size > 0 || this.#hostIsNew) {
      const gaps = [...this.#unwritten.values()];
      this.#unwritten.clear();
      try {
        await this.#writeHost();
        await this.#store.saveGaps(gaps);
      } catch (error) {
        this.#takeBack(gaps);
        this.#log.warn('gaps could not be written', {
          error: messageOf(error),
          waiting: this.#unwritten.size,
          given_up: this.#givenUp,
        });
        return;
      }
      this.#onSaved();
    }
  }

  async #writeHost(): Promise<void> {
    if (!this.#hostIsNew) return;
    await this.#store.setMeta(HOST_KEY, JSON.stringify(this.#origin.host));
    this.#hostIsNew = false;
  }

  /** What came meanwhile is newer. */
  #takeBack(gaps: readonly SavedGap[]): void {
    const newer = [...this.#unwritten.values()];
    this.#unwritten.clear();
    for (const gap of [...gaps, ...newer]) this.#put(gap);
  }
}
