/** Bytes that the open sequences of many matchers may take together; they share one object. */
export class StateBudget {
  readonly maxBytes: number;
  #used = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Whether `bytes` more fit; if so they are taken. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.maxBytes) return false;
    this.#used += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }
}

/** What an open sequence takes beside its events: an estimate from V8's object sizes. */
export const PENDING_BYTES = 256;
