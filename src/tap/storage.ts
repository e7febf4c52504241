import { ABSENT } from '../native/index.ts';
import { TapError } from './errors.ts';

/** What records are read from: the buffers of a batch, or a record's own copy of its part of them. */
export interface Storage {
  readonly words: Uint32Array;
  readonly ints: Int32Array;
  readonly doubles: Float64Array;
  /** (offset, length) of each argument. */
  readonly args: Uint32Array;
  readonly text: Buffer;
  /** Index of the first argument, and offset of the first byte, that `args` and `text` hold. */
  readonly argsFirst: number;
  readonly textFirst: number;
}

export function storageOf(
  words: ArrayBuffer,
  args: ArrayBuffer,
  text: ArrayBuffer,
  argsFirst = 0,
  textFirst = 0,
): Storage {
  return {
    words: new Uint32Array(words),
    ints: new Int32Array(words),
    doubles: new Float64Array(words),
    args: new Uint32Array(args),
    text: Buffer.from(text),
    argsFirst,
    textFirst,
  };
}

class EndedStorage implements Storage {
  get words(): never {
    throw ended();
  }
  get ints(): never {
    throw ended();
  }
  get doubles(): never {
    throw ended();
  }
  get args(): never {
    throw ended();
  }
  get text(): never {
    throw ended();
  }
  get argsFirst(): never {
    throw ended();
  }
  get textFirst(): never {
    throw ended();
  }
}

function ended(): TapError {
  return new TapError('this record belongs to a batch that has ended', {
    remedy: 'copy what outlives the batch with retain() before the next call of next()',
  });
}

/** Put in the place of a batch's storage when it ends: reading costs nothing while it lives, and throws after. */
export const ENDED_STORAGE: Storage = new EndedStorage();

/** The text whose (offset, length) pair starts at this word. */
export function textAt(storage: Storage, word: number): string | null {
  const offset = storage.words[word]!;
  if (offset === ABSENT) return null;
  const start = offset - storage.textFirst;
  return storage.text.toString('utf8', start, start + storage.words[word + 1]!);
}

/** The unsigned 64-bit integer at this word, rounded above 2^53. */
export function uint64At(storage: Storage, word: number): number {
  return storage.words[word + 1]! * 0x1_0000_0000 + storage.words[word]!;
}

/** Its exact decimal digits. */
export function uint64TextAt(storage: Storage, word: number): string {
  const high = storage.words[word + 1]!;
  if (high < 0x20_0000) return String(uint64At(storage, word));
  return String((BigInt(high) << 32n) | BigInt(storage.words[word]!));
}
