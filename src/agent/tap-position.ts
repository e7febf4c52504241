import * as v from 'valibot';
import type { AlertStore } from '../store/index.ts';
import type { EventRecord } from '../tap/index.ts';
import type { TapStart } from './control-line.ts';
import type { Gap } from './gaps.ts';

/** Where the state keeps how far the tap was read. */
const KEY = 'tap.position';

const position = v.object({ run: v.string(), seq: v.number(), timeMs: v.number() });
type Position = v.InferOutput<typeof position>;

/**
 * How far one life of the tap has been read. A worker that takes up a run in the middle compares its first event with
 * what the last one had written down: what lies between was taken out of the pipe and perhaps never evaluated.
 */
export class TapPosition {
  #run: string | undefined;
  #before: Position | null = null;
  #last: { seq: number; timeMs: number } | null = null;
  #firstIsDue = false;

  /** Takes up what the worker before has written down. */
  async restore(store: AlertStore): Promise<void> {
    const stored = await store.getMeta(KEY);
    if (stored === null) return;
    const parsed = v.safeParse(position, JSON.parse(stored));
    if (parsed.success) this.#before = parsed.output;
  }

  async keep(store: AlertStore): Promise<void> {
    if (this.#run === undefined || this.#last === null) return;
    await store.setMeta(KEY, JSON.stringify({ run: this.#run, ...this.#last }));
  }

  /** Time of the last event read; undefined before the first. */
  get lastMs(): number | undefined {
    return this.#last?.timeMs;
  }

  start(start: TapStart): void {
    this.#firstIsDue = start.resumed && this.#before !== null && this.#before.run === start.run;
    if (this.#run !== start.run) this.#last = null;
    this.#run = start.run;
  }

  /** The last event of a batch. */
  read(record: EventRecord): void {
    const seq = record.globalSeqNum;
    if (!Number.isNaN(seq)) this.#last = { seq, timeMs: Math.floor(record.timeUs / 1_000) };
  }

  /** Whether `first` wants the next event. */
  get firstIsDue(): boolean {
    return this.#firstIsDue;
  }

  /** The first event of a run taken up in the middle: the gap before it, or null. */
  first(record: EventRecord): Gap | null {
    const before = this.#before;
    this.#firstIsDue = false;
    const lost = before === null ? 0 : record.globalSeqNum - before.seq - 1;
    if (before === null || !(lost > 0)) return null;
    return {
      cause: 'worker restarted',
      fromMs: before.timeMs,
      toMs: Math.floor(record.timeUs / 1_000),
      lost,
      // The dead worker may have evaluated some of them after it last wrote down where it was.
      exact: false,
      detail: null,
    };
  }
}
