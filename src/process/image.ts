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
  /** The first arguments whose bytes fit KEPT_ARGUMENT_BYTES. */
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
  let bytes = 0;
  for (let index = 0; index < count; index += 1) {
    const value = exec.arg(index);
    bytes += Buffer.byteLength(value) + 1;
    if (bytes > KEPT_ARGUMENT_BYTES) break;
    values.push(value);
  }
  return { values, count };
}
