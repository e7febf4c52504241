import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type GapRecord, Gaps, LOSS_QUIET_MS, type LossCause, TOLD_OPEN_MS } from '../../src/agent/gaps.ts';
import type { Log } from '../../src/agent/index.ts';

const T = Date.UTC(2026, 10, 24, 10);
const silent = { info: () => undefined, warn: () => undefined } as unknown as Log;

/** A ledger whose sink keeps what it was told, in order, and the newest of each gap. */
function ledger(): { gaps: Gaps; told: GapRecord[]; rows: () => GapRecord[] } {
  const told: GapRecord[] = [];
  const changed = (record: GapRecord): void => void told.push(record);
  const gaps = new Gaps(silent, { hostId: 'HOST', changed, settled: async () => undefined });
  const rows = (): GapRecord[] => [...new Map(told.map((record) => [record.id, record])).values()];
  return { gaps, told, rows };
}

const lossAt = (at: number, lost: number | null, forMs = 100) => ({
  fromMs: T + at,
  toMs: T + at + forMs,
  lost,
  detail: null,
});

/** What a record says: cause, start and end since T, loss, whether that is exact. */
const shown = ({ gap }: GapRecord): unknown[] => [
  gap.cause,
  gap.fromMs - T,
  gap.toMs === null ? null : gap.toMs - T,
  gap.lost,
  gap.exact,
];

describe('the ledger of gaps', () => {
  const stories: [does: string, act: (gaps: Gaps) => void, told: unknown[][]][] = [
    [
      'tells of a gap that is known from end to end once',
      (gaps) => gaps.add({ cause: 'sleep', fromMs: T, toMs: T + 9, lost: null, exact: false, detail: 'x' }),
      [['sleep', 0, 9, null, false]],
    ],
    [
      'opens a gap once and closes it once, however often it is told',
      (gaps) => {
        for (const at of [0, 5, 7]) gaps.open('tap silent', T + at, `at ${at}`);
        for (const at of [20, 30]) gaps.close('tap silent', T + at);
      },
      [
        ['tap silent', 0, null, null, false],
        ['tap silent', 0, 20, null, false],
      ],
    ],
    [
      'has one gap for each cause at a time',
      (gaps) => {
        gaps.open('tap ended', T, null);
        gaps.open('tap silent', T + 1, null);
        gaps.started(T + 2);
      },
      [
        ['tap ended', 0, null, null, false],
        ['tap silent', 1, null, null, false],
        ['tap ended', 0, 2, null, false],
      ],
    ],
    ['takes a gap that ends without having begun for nothing', (gaps) => gaps.close('tap ended', T), []],
    [
      'learns at its end what a gap has lost',
      (gaps) => {
        gaps.open('worker restarted', T, null);
        gaps.close('worker restarted', T + 5, 12);
      },
      [
        ['worker restarted', 0, null, null, false],
        ['worker restarted', 0, 5, 12, true],
      ],
    ],
    [
      'makes one gap of a burst of losses, which ends with the last of them',
      (gaps) => {
        for (const at of [0, 1_000, 20_000]) gaps.loss('sequence', lossAt(at, 2));
        gaps.tick(T + 20_100 + LOSS_QUIET_MS - 1);
        gaps.tick(T + 20_100 + LOSS_QUIET_MS);
      },
      [
        ['sequence', 0, null, 2, true],
        ['sequence', 0, 20_100, 6, true],
      ],
    ],
    [
      'makes two gaps of losses that lie apart, with no clock but the events',
      (gaps) => {
        gaps.loss('overflow', lossAt(0, 2));
        gaps.loss('overflow', lossAt(100 + LOSS_QUIET_MS, 3));
        gaps.end(T + 10 * LOSS_QUIET_MS);
      },
      [
        ['overflow', 0, null, 2, true],
        ['overflow', 0, 100, 2, true],
        ['overflow', 100 + LOSS_QUIET_MS, null, 3, true],
        ['overflow', 100 + LOSS_QUIET_MS, 200 + LOSS_QUIET_MS, 3, true],
      ],
    ],
    [
      'knows no more than a lower bound once a loss is of unknown size',
      (gaps) => {
        gaps.loss('sequence', lossAt(0, null));
        gaps.loss('sequence', lossAt(10, 4));
        gaps.end(T + 1_000);
      },
      [
        ['sequence', 0, null, null, false],
        ['sequence', 0, 110, 4, false],
      ],
    ],
    [
      'tells of what lasts long before its end, once',
      (gaps) => {
        gaps.open('no permission', T, null);
        for (const late of [-1, 0, 1_000]) gaps.tick(T + TOLD_OPEN_MS + late);
      },
      [
        ['no permission', 0, null, null, false],
        ['no permission', 0, null, null, false],
      ],
    ],
    [
      'ends what is open with the run',
      (gaps) => {
        gaps.open('no permission', T, null);
        gaps.end(T + 50);
        gaps.end(T + 60);
      },
      [
        ['no permission', 0, null, null, false],
        ['no permission', 0, 50, null, false],
      ],
    ],
    [
      'lets a clock that was set back end no earlier than it began',
      (gaps) =>
        gaps.add({ cause: 'clock set', fromMs: T + 9.7, toMs: T, lost: null, exact: false, detail: null }),
      [['clock set', 9, 9, null, false]],
    ],
    [
      'hands over how far a loss has come, and nothing where nothing came',
      (gaps) => {
        gaps.loss('dropped', lossAt(0, 1));
        gaps.keep();
        gaps.loss('dropped', lossAt(50, 1));
        gaps.keep();
        gaps.keep();
      },
      [
        ['dropped', 0, null, 1, true],
        ['dropped', 0, null, 2, true],
      ],
    ],
  ];
  for (const [does, act, expected] of stories) {
    it(does, () => {
      const { gaps, told } = ledger();
      act(gaps);
      assert.deepEqual(told.map(shown), expected);
    });
  }

  it('gives a gap the same id while it lasts and in another run, and no two gaps the same one', () => {
    const ids = [0, 1].map(() => {
      const { gaps, told } = ledger();
      for (let round = 0; round < 2; round += 1) {
        gaps.open('tap ended', T, null);
        gaps.close('tap ended', T + 1);
      }
      return told.map(({ id }) => id);
    });
    assert.deepEqual(ids[0], ids[1]);
    assert.equal(ids[0]![0], ids[0]![1]);
    assert.equal(new Set(ids[0]).size, 2);
  });

  it('adds up what each event type has lost', () => {
    const { gaps, rows } = ledger();
    gaps.loss('sequence', { ...lossAt(0, 3), byType: { 9: 2, 11: 1 } });
    gaps.loss('sequence', { ...lossAt(5, 2), byType: { 9: 2 } });
    gaps.loss('sequence', lossAt(6, 1));
    gaps.end(T + 9);
    assert.deepEqual(rows()[0]!.gap.lostByType, { 9: 4, 11: 1 });
  });

  it('counts by cause, and goes on counting beyond what it shows', () => {
    const { gaps } = ledger();
    for (let each = 0; each < 150; each += 1) {
      const fromMs = T + each * 1_000;
      gaps.add({ cause: 'sleep', fromMs, toMs: fromMs + 1, lost: null, exact: false, detail: null });
    }
    gaps.loss('overflow', lossAt(0, 7));
    gaps.loss('overflow', lossAt(1, 2));
    const { total, lost, byCause, recent } = gaps.counters;
    assert.deepEqual(
      { total, lost, byCause },
      {
        total: 151,
        lost: 9,
        byCause: { sleep: { total: 150, lost: 0 }, overflow: { total: 1, lost: 9 } },
      },
    );
    assert.equal(recent.length, 100);
    assert.deepEqual([recent.at(-1)?.cause, recent.at(-1)?.lost], ['overflow', 9]);
  });

  it('closes a gap that has left the list of the newest', () => {
    const { gaps, rows } = ledger();
    gaps.open('no permission', T, null);
    for (let each = 0; each < 150; each += 1)
      gaps.add({
        cause: 'sleep',
        fromMs: T + each,
        toMs: T + each,
        lost: null,
        exact: false,
        detail: null,
      });
    gaps.seen(T + 1_000);
    assert.equal(rows()[0]!.gap.toMs, T + 1_000);
  });

  it('loses no loss and lets no two gaps of a cause overlap, however losses come', () => {
    const cause = fc.constantFrom<LossCause>('sequence', 'overflow', 'dropped');
    const step = fc.record({
      cause,
      // Time goes on, and events come a little out of order.
      ahead: fc.oneof(fc.nat(500), fc.integer({ min: 0, max: 3 * LOSS_QUIET_MS })),
      early: fc.nat(400),
      forMs: fc.nat(2_000),
      lost: fc.nat(1_000),
      tick: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { gaps, rows } = ledger();
        let now = 0;
        const given = new Map<string, number>();
        for (const { cause, ahead, early, forMs, lost, tick } of steps) {
          now += ahead;
          gaps.loss(cause, { ...lossAt(now - early, lost, forMs) });
          given.set(cause, (given.get(cause) ?? 0) + lost);
          now += forMs;
          if (tick) gaps.tick(T + now);
        }
        gaps.end(T + now);
        const found = rows().map(({ gap }) => gap);
        for (const [cause, lost] of given) {
          const own = found.filter((gap) => gap.cause === cause).sort((a, b) => a.fromMs - b.fromMs);
          assert.equal(
            own.reduce((sum, gap) => sum + gap.lost!, 0),
            lost,
          );
          assert.ok(own.every((gap) => gap.toMs !== null && gap.toMs >= gap.fromMs));
          for (const [index, gap] of own.slice(1).entries())
            assert.ok(gap.fromMs >= own[index]!.toMs!, JSON.stringify(own));
        }
        assert.equal(gaps.counters.total, found.length);
      }),
      { numRuns: 300 },
    );
  });
});
