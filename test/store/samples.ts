import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewAlert } from '../../src/store/alert-store.ts';

/** Event time of sample alert 0. */
export const START_MS = Date.UTC(2026, 10, 24, 3, 30, 12, 345);

/** An alert whose id is a hash of its number, as real ids are, one second after the one before. */
export function sampleAlert(number: number, changes: Partial<NewAlert> = {}): NewAlert {
  const id = createHash('sha256').update(`alert ${number}`).digest('hex');
  return {
    id,
    ruleId: 'rule-keychain',
    ruleName: 'Dumping of Keychain Content via Security Command',
    severity: 'high',
    riskScore: 73,
    entityId: `entity-${number}`,
    timeMs: START_MS + number * 1000,
    document: JSON.stringify({
      '@timestamp': new Date(START_MS + number * 1000).toISOString(),
      event: { kind: 'alert', id, severity: 73 },
      process: { pid: 500 + number, args: ['security', 'dump-keychain', '-d'] },
    }),
    detail: JSON.stringify({ tree: [{ pid: 1, name: 'launchd' }] }),
    ...changes,
  };
}

export function sampleAlerts(count: number, from = 0): NewAlert[] {
  return Array.from({ length: count }, (_, index) => sampleAlert(from + index));
}

/** Runs `use` with a new directory that is gone afterwards. */
export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'exectap-store-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
