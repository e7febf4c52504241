import { getSystemErrorMap } from 'node:util';
import { TapError } from './errors.ts';

const REMEDIES: Record<string, string> = {
  ENOENT: 'check the path',
  EACCES: 'give this user the right to read it',
  EPERM: 'give this user the right to read it; on macOS it may need Full Disk Access',
  EISDIR: 'give a file, not a folder',
  EBADF: 'give a descriptor that is open for reading',
  EMFILE: 'raise the limit of open files (ulimit -n)',
};

/** A failed system call as the person who must act on it reads it. */
export function systemError(operation: string, source: string, errno: number): TapError {
  const [code, words] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error'];
  return new TapError(`cannot ${operation} ${source}: ${words} (${code})`, {
    code,
    remedy: REMEDIES[code] ?? 'check the file and the disk it lies on',
  });
}
