import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SecretFileError } from './errors.ts';

/** Longest secret, in bytes: an API key has some 60, a JWT seldom more than 2 Ki. */
const MAX_SECRET_BYTES = 4_096;

/** Read or anything else by others, write or execute by the group. Reading by the group is how a file of root's is given to the agent. */
const FORBIDDEN_BITS = 0o037;

function checkFacts(path: string, facts: Stats): void {
  if (!facts.isFile()) throw new SecretFileError(`${path} is not a file.`);
  const mode = facts.mode & 0o7777;
  if ((mode & FORBIDDEN_BITS) !== 0) {
    throw new SecretFileError(`${path} is open to other users (mode ${mode.toString(8)}).`, {
      remedy: `Anyone may have read it: make a new secret, then chmod 600 '${path}' (or 640 with the agent's group).`,
    });
  }
  if (facts.uid !== 0 && facts.uid !== process.geteuid?.()) {
    throw new SecretFileError(`${path} belongs to user ${facts.uid}.`, {
      remedy: 'The file must belong to root or to the user that the agent runs as.',
    });
  }
}

async function openSecret(path: string): Promise<FileHandle> {
  try {
    // O_NONBLOCK: opening a fifo that somebody put there must not wait for a writer.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    throw new SecretFileError(`${path} cannot be read (${code}).`, {
      remedy: 'Check the path, and that the agent may read the file.',
      cause: failure,
    });
  }
}

/**
 * Reads a secret of one line from a file that belongs to root or to us and that others cannot read.
 * The checks are made on the opened file, so it cannot be exchanged between check and reading.
 * Errors name the path and never show content.
 * @throws {SecretFileError}
 */
export async function readSecretFile(path: string): Promise<string> {
  const handle = await openSecret(path);
  try {
    checkFacts(path, await handle.stat());
    const buffer = Buffer.alloc(MAX_SECRET_BYTES + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    if (bytesRead > MAX_SECRET_BYTES) {
      throw new SecretFileError(`${path} has more than ${MAX_SECRET_BYTES} bytes: that is no secret.`);
    }
    const secret = buffer.toString('utf8', 0, bytesRead).trim();
    if (secret === '') throw new SecretFileError(`${path} is empty.`);
    // A header cannot carry anything else, and an error about such a header might show it.
    if (!/^[\x21-\x7e]+$/.test(secret)) {
      throw new SecretFileError(`${path} must hold one line of printable characters without spaces.`);
    }
    return secret;
  } finally {
    await handle.close();
  }
}
