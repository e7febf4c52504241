import { addon } from '../native/index.ts';
import { systemError } from './system-error.ts';

/**
 * A pipe of the system: its write end can be a child's standard output and its read end a tap's descriptor, so that
 * the bytes never pass through JavaScript. The caller closes both ends.
 * @throws {TapError} when the system gives none
 */
export function createPipe(): { readEnd: number; writeEnd: number } {
  const made = addon().createPipe();
  if (typeof made === 'number') throw systemError('make', 'a pipe', made);
  const [readEnd, writeEnd] = made;
  return { readEnd, writeEnd };
}
