import { KEPT_ARGUMENT_BYTES } from '../process/index.ts';
import { type KeptEvent, keptResolver } from './kept-event.ts';

/** Fields that are made of a process's arguments, by the field that holds the list. */
const LISTS: Record<string, string> = {
  'process.args': 'process.args',
  'process.command_line': 'process.args',
  'process.parent.args': 'process.parent.args',
  'process.parent.command_line': 'process.parent.args',
  'process.previous.args': 'process.previous.args',
};

/**
 * Whether what a field says of a process's arguments may be less than the process was given. Only an exec's own are
 * whole whatever their length; those of a parent, of the image before, and of forks and exits come from the process
 * table, which keeps the first KEPT_ARGUMENT_BYTES.
 */
export function mayBeCut(kept: KeptEvent, field: string): boolean {
  const list = LISTS[field];
  if (list === undefined) return false;
  const read = (name: string): unknown => keptResolver.field(name)!.read(kept);
  if (list === 'process.args' && read('event.action') === 'exec') return false;
  const values = (read(list) ?? []) as readonly string[];
  // With the byte that ends each: a list that was cut fills the bound.
  return values.reduce((sum, value) => sum + Buffer.byteLength(value) + 1, 0) >= KEPT_ARGUMENT_BYTES;
}
