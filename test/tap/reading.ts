import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EventRecord,
  type SequenceGap,
  Tap,
  type TapCounters,
  type TapOptions,
} from '../../src/tap/index.ts';

export interface Reading {
  records: EventRecord[];
  gaps: SequenceGap[];
  counters: TapCounters;
  batches: number;
}

/** Reads a stream to its end and keeps every record. */
export async function readAll(options: TapOptions): Promise<Reading> {
  const tap = new Tap(options);
  const records: EventRecord[] = [];
  const gaps: SequenceGap[] = [];
  let batches = 0;
  for (let batch = await tap.next(); batch !== null; batch = await tap.next()) {
    batches += 1;
    gaps.push(...batch.gaps);
    for (let index = 0; index < batch.length; index += 1) records.push(batch.at(index).retain());
  }
  return { records, gaps, counters: tap.counters(), batches };
}

/** The same for bytes that are put into a file of their own. */
export async function readBytes(bytes: string | Uint8Array, options: TapOptions = {}): Promise<Reading> {
  return withFile(bytes, (path) => readAll({ ...options, path }));
}

export async function withFile<T>(bytes: string | Uint8Array, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'exectap-tap-'));
  try {
    const path = join(folder, 'capture.ndjson');
    await writeFile(path, bytes);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Lines as a file holds them. */
export function ndjson(...lines: string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** The law that no line is lost without a count. */
export function countedLines(counters: TapCounters): number {
  const { exec, fork, exit, control, otherTypes, undecodable, tooLong, blank, overflow } = counters;
  return exec + fork + exit + control + otherTypes + undecodable + tooLong + blank + overflow;
}
