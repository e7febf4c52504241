import type { Stats } from 'node:fs';
import { ExectapError } from '../errors.ts';
import { readTrusted, shellQuoted, type Trust } from '../trust/index.ts';
import { SecretFileError } from './errors.ts';

/** Longest secret, in bytes: an API key has some 60, a JWT seldom more than 2 Ki. */
const MAX_SECRET_BYTES = 4_096;

/** Of a file of root's: anything by others, write or execute by the group. Reading by the agent's group is how root gives it. */
const FORBIDDEN_OF_ROOT = 0o037;
/** Of the user's own file: anything by anybody else. */
const FORBIDDEN_OF_USER = 0o077;
const GROUP_READS = 0o040;

/**
 * Reads a secret of one line from a file that others cannot read: root's, readable at most by the agent's group (0640),
 * or in development the running user's own (0600). Errors name the path and never show content.
 *
 * @throws SecretFileError
 */
export function readSecretFile(path: string, trust: Trust = 'user'): string {
  const { bytes, facts } = read(path, trust);
  checkMode(path, facts);
  const secret = bytes.toString('utf8').trim();
  if (secret === '') throw new SecretFileError(`${path} is empty`);
  // A header cannot carry anything else, and an error about such a header might show it.
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    throw new SecretFileError(`${path} must hold one line of printable characters without spaces`);
  }
  return secret;
}

function read(path: string, trust: Trust): { bytes: Buffer; facts: Stats } {
  try {
    return readTrusted(path, trust, MAX_SECRET_BYTES);
  } catch (cause) {
    if (!(cause instanceof ExectapError)) throw cause;
    throw new SecretFileError(cause.message, {
      cause,
      ...(cause.remedy !== undefined && { remedy: cause.remedy }),
    });
  }
}

function checkMode(path: string, { uid, gid, mode }: Stats): void {
  const bits = mode & 0o7777;
  const forbidden = uid === 0 ? FORBIDDEN_OF_ROOT : FORBIDDEN_OF_USER;
  if ((bits & forbidden) !== 0)
    throw new SecretFileError(`${path} is open to other users (mode ${bits.toString(8)})`, {
      remedy: `Anyone may have read it: make a new secret, then chmod 600 ${shellQuoted(path)} (a file of root's: 640 with the agent's group)`,
    });
  if (
    (bits & GROUP_READS) !== 0 &&
    gid !== process.getegid?.() &&
    process.getgroups?.().includes(gid) !== true
  )
    throw new SecretFileError(`${path} can be read by group ${gid}, which is not the agent's`, {
      remedy: `Give it to the agent's group: chgrp _exectap ${shellQuoted(path)}`,
    });
}
