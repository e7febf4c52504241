import { lstatSync } from 'node:fs';
import { ExectapError } from '../errors.ts';

/** A configuration that cannot be used, with every fault and its place. */
export class ConfigError extends ExectapError {}

/** @throws ConfigError where there are faults */
export function refuseFaults(faults: readonly string[]): void {
  if (faults.length > 0)
    throw new ConfigError(faults.join('\n'), {
      remedy: 'correct it; exectap config show lists every key, docs/configuration.md says what they mean',
    });
}

/** Whether there is something to read or to stumble over: what may not be looked at must not pass for missing. */
export function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    return !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}
