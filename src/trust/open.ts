import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { messageOf } from '../errors.ts';
import { UntrustedPathError } from './errors.ts';
import { checkTrusted, judge, type Trust } from './trusted-path.ts';

/** Read at a time: most such files are smaller. */
const CHUNK_BYTES = 64 * 1024;

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
  // Before it is opened: opening a device can do something by itself.
  if (!checked.facts.isFile())
    throw new UntrustedPathError(`${path} is not a file`, { remedy: 'Name a regular file.' });
  const fd = open(path, checked.path);
  try {
    const facts = fstatSync(fd);
    if (facts.dev !== checked.facts.dev || facts.ino !== checked.facts.ino)
      throw new UntrustedPathError(`${path} was exchanged while it was opened`, { remedy: 'Try it again.' });
    judge(path, facts, trust);
    return { bytes: readAll(fd, path, maxBytes), facts };
  } finally {
    closeSync(fd);
  }
}

/** Node adds O_CLOEXEC to every open (libuv, uv_fs_open). */
function open(path: string, resolved: string): number {
  try {
    // O_NONBLOCK: opening a fifo must not wait for a writer.
    return openSync(resolved, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): UntrustedPathError {
  return new UntrustedPathError(`${path} cannot be read: ${messageOf(cause)}`, {
    cause,
    remedy: 'Check that this user may read the file.',
  });
}

function readAll(fd: number, path: string, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let length = 0; ; ) {
    const chunk = readChunk(fd, path);
    if (chunk.length === 0) return Buffer.concat(chunks);
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes)
      throw new UntrustedPathError(`${path} has more than the ${maxBytes} bytes that such a file may have`, {
        remedy: 'Make sure that it is the file that is meant.',
      });
  }
}

function readChunk(fd: number, path: string): Buffer {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  try {
    return chunk.subarray(0, readSync(fd, chunk));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
