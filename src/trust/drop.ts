import { statSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { DropError } from './errors.ts';
import { checkTrusted } from './trusted-path.ts';

/**
 * Makes root's process, for good, one of the owner of a file: what it holds may come from somebody with fewer rights.
 * Does nothing where the process is not root's, or the file is.
 *
 * @throws DropError where the rights could not be dropped, or could be taken back
 */
export function dropToOwner(path: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = ownerOf(path);
  if (uid === 0) {
    // A stranger could have led root to it by a link.
    checkOwn(path);
    return;
  }
  try {
    process.setgroups!([gid]);
    process.setgid!(gid);
    process.setuid!(uid);
  } catch (cause) {
    throw new DropError(`cannot become user ${uid}, whose ${path} is: ${messageOf(cause)}`, { cause });
  }
  if (canRegain()) throw new DropError(`became user ${uid} and could become root again`);
}

function ownerOf(path: string): { uid: number; gid: number } {
  try {
    return statSync(path);
  } catch (cause) {
    throw new DropError(`cannot tell whose ${path} is: ${messageOf(cause)}`, { cause });
  }
}

function checkOwn(path: string): void {
  try {
    checkTrusted(path, 'user');
  } catch (cause) {
    throw new DropError(`${path} is root's and lies where others can put things: ${messageOf(cause)}`, {
      cause,
      remedy: 'Move it to a folder of root’s, or give it to the user whose folder it is in.',
    });
  }
}

function canRegain(): boolean {
  try {
    process.setuid!(0);
    return true;
  } catch {
    // This is what must happen.
    return false;
  }
}
