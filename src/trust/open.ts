import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { messageOf } from '../errors.ts';
import { UntrustedPathError } from './errors.ts';
import { checkTrusted, type Trust } from './trusted-path.ts';

export interface TrustedContent {
  readonly bytes: Buffer;
  /** Of the file that was read. */
  readonly facts: Stats;
}

/**
 * Reads a file that only the trusted can have written. Its links are resolved and every folder is checked first; what
 * is opened is compared with what was checked, so it cannot be exchanged in between.
 *
 * @param maxBytes a longer file is refused
 * @throws UntrustedPathError naming the path; never with content
 */
export function readTrusted(path: string, trust: Trust, maxBytes: number): TrustedContent {
  const checked = checkTrusted(path, trust);
  const fd = open(checked.path);
  try {
    const facts = fstatSync(fd);
    if (facts.dev !== checked.facts.dev || facts.ino !== checked.facts.ino)
      throw new UntrustedPathError(`${path} was exchanged while it was opened`, { remedy: 'Try it again.' });
    if (!facts.isFile()) throw new UntrustedPathError(`${path} is not a file`, { remedy: 'Name a file.' });
    return { bytes: readAll(fd, path, maxBytes), facts };
  } finally {
    closeSync(fd);
  }
}

function open(path: string): number {
  try {
    // O_NONBLOCK: opening a fifo must not wait for a writer.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    throw new UntrustedPathError(`${path} cannot be read: ${messageOf(cause)}`, {
      cause,
      remedy: 'Check that this user may read the file.',
    });
  }
}

function readAll(fd: number, path: string, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let length = 0; ; ) {
    const chunk = Buffer.alloc(64 * 1024);
    const read = readSync(fd, chunk);
    if (read === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, read));
    length += read;
    if (length > maxBytes)
      throw new UntrustedPathError(`${path} has more than the ${maxBytes} bytes that such a file may have`);
  }
}
