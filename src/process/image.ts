import type { EventRecord, ProcessBlock } from '../tap/index.ts';

/**
 * Bytes of arguments kept for each process in the table. The event itself shows a rule every argument;
 * the table keeps them for the lives of thousands of processes, so a hostile argv must not be kept whole.
 */
export const KEPT_ARGUMENT_BYTES = 4 * 1024;

/** The program a process runs: what an exec replaces. Shared by reference between a process and its forks. */
export interface ProcessImage {
  readonly executable: string;
  readonly signingId: string | null;
  readonly teamId: string | null;
  readonly cdhash: string | null;
  readonly csFlags: number;
  readonly platformBinary: boolean;
  /** Null when the exec was not seen: a process older than the tap. */
  readonly arguments: KeptArguments | null;
}

export interface KeptArguments {
  /** The first arguments, as far as KEPT_ARGUMENT_BYTES reach; the last of them may be cut. */
  readonly values: readonly string[];
  /** How many there were. */
  readonly count: number;
}

/** Copies an image out of a lent record. `exec` is given where the block is the target of that exec. */
export function imageOf(block: ProcessBlock, exec: EventRecord | null): ProcessImage {
  return {
    executable: block.executable,
    signingId: block.signingId,
    teamId: block.teamId,
    cdhash: block.cdhash,
    csFlags: block.csFlags,
    platformBinary: block.platformBinary,
    arguments: exec === null ? null : keptArguments(exec),
  };
}

function keptArguments(exec: EventRecord): KeptArguments {
  const count = exec.argsCount;
  if (exec.argsBytes <= KEPT_ARGUMENT_BYTES) return { values: exec.args(), count };
  const values: string[] = [];
  let left = KEPT_ARGUMENT_BYTES;
  for (let index = 0; index < count && left > 0; index += 1) {
    // Characters, of which each is a byte at least; half of a surrogate pair is none.
    const value = exec
      .arg(index)
      .slice(0, left)
      .replace(/[\ud800-\udbff]$/, '');
    left -= Buffer.byteLength(value) + 1;
    values.push(value);
  }
  return { values, count };
}
