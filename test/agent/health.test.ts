import assert from 'node:assert/strict';
import type { RunCounters } from '../../src/agent/index.ts';
import { healthOf } from '../../src/agent/index.ts';
import type { DestinationCounts, StoreCounts } from '../../src/store/index.ts';

const NOW = Date.UTC(2026, 10, 24, 10);
const HOUR = 3_600_000;

function counters(tap: object = {}, recent: object[] = []): RunCounters {
  return {
    tap: { lostByKernel: 0, overflow: 0, undecodable: 0, tooLong: 0, ...tap },
    pipeline: {},
    gaps: { total: recent.length, lost: 0, recent },
  } as unknown as RunCounters;
}

function counts(destination: Partial<DestinationCounts> | null = null): StoreCounts {
  const whole = {
    name: 'soc',
    pending: 0,
    delivered: 0,
    duplicates: 0,
    refused: 0,
    oldestPendingMs: null,
    lastError: null,
    lastErrorMs: null,
    lastDeliveredMs: null,
    ...destination,
  };
  const byStatus = { open: 0, acknowledged: 0, closed: 0 };
  return { total: 0, byStatus, destinations: destination === null ? [] : [whole], bytes: 0 };
}

const gap = (more: object): object => ({
  cause: 'tap ended',
  fromMs: NOW - 1_000,
  toMs: NOW,
  lost: null,
  exact: false,
  detail: null,
  ...more,
});

describe('the health of an agent', () => {
  const fine: [what: string, counters: RunCounters, counts: StoreCounts][] = [
    ['nothing is wrong', counters(), counts()],
    ['a gap is more than an hour old', counters({}, [gap({ toMs: NOW - HOUR - 1 })]), counts()],
    [
      'the destination has taken alerts since it failed',
      counters(),
      counts({ pending: 1, lastError: 'x', lastErrorMs: 1, lastDeliveredMs: 2 }),
    ],
    ['the destination failed and nothing waits', counters(), counts({ lastError: 'x', lastErrorMs: 1 })],
  ];
  for (const [what, run, held] of fine) {
    it(`is good where ${what}`, () =>
      assert.deepEqual(healthOf(run, held, NOW), { verdict: 'ok', reasons: [], muted: 0 }));
  }

  const bad: [what: string, counters: RunCounters, counts: StoreCounts, reason: RegExp][] = [
    [
      'it is blind',
      counters({}, [gap({ toMs: null, detail: 'ended with code 1' })]),
      counts(),
      /^blind since .*: tap ended \(ended with code 1\)$/,
    ],
    ['it was blind', counters({}, [gap({})]), counts(), /^was blind from /],
    ['events were lost', counters({ lostByKernel: 2, overflow: 3 }), counts(), /^5 events were lost/],
    ['lines were no events', counters({ undecodable: 4 }), counts(), /^4 lines could not be decoded/],
    ['documents were refused', counters(), counts({ refused: 2 }), /^soc has refused 2 documents for good/],
    [
      'the destination takes nothing',
      counters(),
      counts({ pending: 1, lastError: 'no route', lastErrorMs: 1 }),
      /^soc takes nothing: no route/,
    ],
  ];
  for (const [what, run, held, reason] of bad) {
    it(`is not where ${what}, and says so`, () => {
      const { verdict, reasons } = healthOf(run, held, NOW);
      assert.equal(verdict, 'degraded');
      assert.match(reasons.join('\n'), reason);
    });
  }
});
