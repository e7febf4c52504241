import { addon, type NativeTap } from './addon.ts';
import { TapError } from './errors.ts';
import { RECORD_WORDS } from './layout.ts';
import { type EventRecord, RecordView } from './record.ts';
import { type Storage, storageOf } from './storage.ts';
import { systemError } from './system-error.ts';

/** Numbers of the stream that are missing from the records. */
export interface SequenceGap {
  /** kernel: macOS dropped them because the client was slow; overflow: we did, because the consumer was. */
  cause: 'kernel' | 'overflow';
  lost: number;
  /** Last number seen before the gap and first one after; NaN when there is none. */
  afterSeq: number;
  beforeSeq: number;
  /** Times of the same two events, '' when there is none. */
  fromTime: string;
  toTime: string;
  /** What the type's own numbers told about the loss when the gap ended; counters() has the sums. */
  lostByType?: Record<string, number>;
}

/** Records that are lent until the next call of next(). */
export interface Batch {
  readonly length: number;
  /** A cursor: the same object in each call, moved. @throws {RangeError} outside the batch */
  at(index: number): EventRecord;
  readonly gaps: readonly SequenceGap[];
}

/**
 * What became of the lines so far: lines = exec + fork + exit + control + otherTypes + undecodable + tooLong + blank +
 * overflow.
 */
export interface TapCounters {
  lines: number;
  bytes: number;
  blank: number;
  exec: number;
  fork: number;
  exit: number;
  control: number;
  otherTypes: number;
  /** By event type number; `other` stands for all beyond 256 types. */
  byOtherType: Record<string, number>;
  undecodable: number;
  tooLong: number;
  /** Bytes passed over before the first `{` of a line. */
  junkBytes: number;
  /** Lines whose invalid UTF-8 became U+FFFD. */
  replacedUtf8: number;
  /** Events of a message version newer than any known. */
  newerVersion: number;
  overflow: number;
  lostByKernel: number;
  lostByType: Record<string, number>;
  gaps: number;
  sequenceRestarts: number;
  outOfOrder: number;
  /** The first lines that could not be decoded: at most 8, 200 bytes of each. */
  samples: { line: number; offset: number; reason: string; head: string }[];
}

export interface TapOptions {
  /** A file or FIFO to open. Give this or `fd`. */
  path?: string;
  /** An open descriptor. The tap reads from its own duplicate; the caller closes this one whenever it likes. */
  fd?: number;
  /**
   * true: the stream is never left unread; when the consumer lags, lines are dropped whole, counted, and told as gaps
   * of cause overflow. false: reading waits for the consumer.
   */
  live?: boolean;
  maxLineBytes?: number;
  batchRecords?: number;
  ringBatches?: number;
}

/** exec arguments and environment may have 1 MiB each, and escaping can make six bytes of one. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
/** Handing over costs the same for any batch: at 256 records its share is below a tenth of a microsecond. */
const BATCH_RECORDS = 256;
/** Enough for the reader to work on while JavaScript collects garbage. */
const RING_BATCHES = 4;
/** A batch's usual text: its buffer is made as large at first, and again after a larger one. */
const TEXT_BYTES = 1024 * 1024;
const ARGUMENT_BYTES = 256 * 1024;

const HeadState = { waiting: 0, batch: 1, ended: 2 } as const;

/**
 * A stream of eslogger's lines, read and decoded on a thread of its own from construction on.
 *
 * States: reading, until next() has given null or failed or stop() was called; then ended. While next() waits it keeps
 * the process alive; a tap that nobody waits for does not.
 */
export class Tap {
  private readonly native: NativeTap;
  private readonly source: string;
  private readonly head = new Uint32Array(4);
  private readonly buffers: BatchBuffers;
  private readonly listener: Listener;
  private lent: LentBatch | undefined;
  private failure: TapError | undefined;
  private ended = false;

  /**
   * @throws {TapError} when not exactly one of `path` and `fd` is given, or a number is out of range
   * @throws {AddonError} when the addon cannot be loaded
   */
  constructor(options: TapOptions) {
    checkOptions(options);
    const batchRecords = options.batchRecords ?? BATCH_RECORDS;
    this.source = options.path ?? `descriptor ${options.fd}`;
    this.buffers = new BatchBuffers(batchRecords);
    this.listener = new Listener();
    const { listener } = this;
    // Closes over the listener alone: a tap that is forgotten can be collected, which stops its thread.
    this.native = new (addon().NativeTap)(
      {
        ...(options.path === undefined ? { fd: options.fd! } : { path: options.path }),
        live: options.live ?? false,
        maxLineBytes: options.maxLineBytes ?? MAX_LINE_BYTES,
        batchRecords,
        ringBatches: options.ringBatches ?? RING_BATCHES,
      },
      () => listener.call(),
    );
  }

  /**
   * The next batch, or null at the end and after stop(). The batch before it ends with this call: its records throw.
   * @throws {TapError} when the stream cannot be opened or read, after what came before was given
   */
  async next(): Promise<Batch | null> {
    if (this.listener.waiting) {
      throw new TapError('next() was called while an earlier call is still waiting', {
        remedy: 'await each batch before asking for the next',
      });
    }
    this.endLent();
    for (;;) {
      if (this.failure !== undefined) throw this.failure;
      if (this.ended) return null;
      this.native.peek(this.head);
      if (this.head[0] === HeadState.batch) return this.take();
      if (this.head[0] === HeadState.ended) {
        this.finish();
        continue;
      }
      await this.wait();
    }
  }

  /** What became of the lines so far; also after the end. */
  counters(): TapCounters {
    return this.native.counters() as unknown as TapCounters;
  }

  /** Ends reading, whatever it waits for, and drops what was not given out. A next() that waits gives null. */
  stop(): Promise<void> {
    this.endLent();
    this.close();
    this.listener.call();
    return Promise.resolve();
  }

  private async wait(): Promise<void> {
    this.native.ref();
    try {
      await this.listener.wait();
    } finally {
      this.native.unref();
    }
  }

  private take(): Batch {
    const [, records = 0, argumentWords = 0, textBytes = 0] = this.head;
    const storage = this.buffers.storageFor(argumentWords * 4, textBytes);
    const { words, args, text } = this.buffers;
    const gaps = this.native.take(words, args, text);
    this.lent = new LentBatch(storage, records, gaps ?? []);
    return this.lent;
  }

  private finish(): void {
    const failed = this.native.failure();
    if (failed !== undefined) {
      const [operation, errno] = failed;
      this.failure = systemError(operation, this.source, errno);
    }
    this.close();
  }

  private close(): void {
    if (this.ended) return;
    this.ended = true;
    this.native.close();
  }

  private endLent(): void {
    this.lent?.end();
    this.lent = undefined;
  }
}

/** What the native side calls, at most once for each time that it was found empty. */
class Listener {
  private resolve: (() => void) | undefined;

  get waiting(): boolean {
    return this.resolve !== undefined;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  call(): void {
    const { resolve } = this;
    this.resolve = undefined;
    resolve?.();
  }
}

/** The buffers that batches are copied to, one after another. */
class BatchBuffers {
  readonly words: ArrayBuffer;
  args = new ArrayBuffer(ARGUMENT_BYTES);
  text = new ArrayBuffer(TEXT_BYTES);
  private storage: Storage;

  constructor(batchRecords: number) {
    this.words = new ArrayBuffer(batchRecords * RECORD_WORDS * 4);
    this.storage = storageOf(this.words, this.args, this.text);
  }

  storageFor(argumentBytes: number, textBytes: number): Storage {
    const args = resized(this.args, ARGUMENT_BYTES, argumentBytes);
    const text = resized(this.text, TEXT_BYTES, textBytes);
    if (args !== this.args || text !== this.text) {
      this.args = args;
      this.text = text;
      this.storage = storageOf(this.words, args, text);
    }
    return this.storage;
  }
}

/** Large enough, and as small as usual again once an uncommonly large batch has passed. */
function resized(buffer: ArrayBuffer, usual: number, need: number): ArrayBuffer {
  if (need > buffer.byteLength) return new ArrayBuffer(need);
  if (buffer.byteLength > usual && need <= usual) return new ArrayBuffer(usual);
  return buffer;
}

class LentBatch implements Batch {
  readonly length: number;
  readonly gaps: readonly SequenceGap[];
  private readonly cursor: RecordView;

  constructor(storage: Storage, length: number, gaps: readonly SequenceGap[]) {
    this.length = length;
    this.gaps = gaps;
    this.cursor = new RecordView(storage);
  }

  at(index: number): EventRecord {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(`record ${index} of a batch of ${this.length}`);
    }
    this.cursor.moveTo(index);
    return this.cursor;
  }

  end(): void {
    this.cursor.end();
  }
}

const LIMITS = {
  fd: [0, 0x7fff_ffff],
  maxLineBytes: [1, 64 * 1024 * 1024],
  batchRecords: [1, 65_536],
  ringBatches: [1, 1024],
} as const;

function checkOptions(options: TapOptions): void {
  if ((options.path === undefined) === (options.fd === undefined)) {
    throw new TapError('a tap reads either a path or a descriptor', {
      remedy: 'give exactly one of path and fd',
    });
  }
  if (options.path !== undefined && (options.path === '' || options.path.includes('\0'))) {
    throw new TapError('the path of a tap is empty or holds a NUL', { remedy: 'give the path of a file' });
  }
  for (const [name, [least, most]] of Object.entries(LIMITS)) {
    const value = options[name as keyof typeof LIMITS];
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most)) {
      throw new TapError(`${name} is ${value}`, { remedy: `give a whole number from ${least} to ${most}` });
    }
  }
}
