import { StringDecoder } from 'node:string_decoder';

/** Cuts bytes into lines of at most so many bytes. */
export class Lines {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that these bytes complete, without their line feeds; null where one is longer than it may be. */
  push(bytes: Buffer): string[] | null {
    const lines: string[] = [];
    let at = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, at)) {
      if (!this.#keep(bytes.subarray(at, end))) return null;
      lines.push(this.#take());
      at = end + 1;
    }
    return this.#keep(bytes.subarray(at)) ? lines : null;
  }

  #keep(bytes: Buffer): boolean {
    if (bytes.length === 0) return true;
    this.#length += bytes.length;
    this.#chunks.push(bytes);
    return this.#length < this.#maxBytes;
  }

  #take(): string {
    // Bytes that are no UTF-8 become U+FFFD, and then no request.
    const line = new StringDecoder('utf8').end(Buffer.concat(this.#chunks));
    this.#chunks = [];
    this.#length = 0;
    return line;
  }
}
