import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventReader } from '../../src/agent/event-reader.ts';
import { type Origin, type ProcessEvent, UNKNOWN_CAPTURE } from '../../src/ecs/index.ts';
import { Tap } from '../../src/tap/index.ts';

export const TEST_ORIGIN: Origin = {
  host: UNKNOWN_CAPTURE,
  agent: { id: 'a9e3f1c2', version: '0.0.0-test' },
  namespace: 'default',
};

/** Runs eslogger lines through the tap and the process table, and returns what `use` makes of each event. */
export async function mapEvents<T>(
  lines: readonly string[],
  use: (event: ProcessEvent) => T,
  origin = TEST_ORIGIN,
): Promise<T[]> {
  const folder = mkdtempSync(join(tmpdir(), 'exectap-lines-'));
  const path = join(folder, 'capture.ndjson');
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  const tap = new Tap({ path });
  const reader = new EventReader(origin);
  const results: T[] = [];
  try {
    for (let batch = await tap.next(); batch !== null; batch = await tap.next()) {
      for (let index = 0; index < batch.length; index += 1) {
        const event = reader.read(batch.at(index));
        if (event !== null) results.push(use(event));
      }
    }
    return results;
  } finally {
    await tap.stop();
    rmSync(folder, { recursive: true });
  }
}
