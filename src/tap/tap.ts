import { addon, type NativeTap } from '../native/index.ts';
import { type Batch, BatchBuffers, LentBatch } from './batch.ts';
import type { TapCounters } from './counters.ts';
import { TapError } from './errors.ts';
import { checkOptions, type TapOptions } from './options.ts';
import { systemError } from './system-error.ts';

/** exec arguments and environment may have 1 MiB each, and escaping can make six bytes of one. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
/** Handing over costs the same for any batch: at 256 records its share is below a tenth of a microsecond. */
const BATCH_RECORDS = 256;
/** Enough for the reader to work on while JavaScript collects garbage. */
const RING_BATCHES = 4;
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
