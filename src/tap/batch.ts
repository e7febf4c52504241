import { RECORD_WORDS } from '../native/index.ts';
import { type EventRecord, RecordView } from './record.ts';
import { type Storage, storageOf } from './storage.ts';

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

/** A batch's usual text: its buffer is made as large at first, and again after a larger one. */
const TEXT_BYTES = 1024 * 1024;
const ARGUMENT_BYTES = 256 * 1024;

/** The buffers that batches are copied to, one after another. */
export class BatchBuffers {
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

/** The batch that is given out: its records end with it. */
export class LentBatch implements Batch {
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
