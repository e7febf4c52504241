import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  BACKOFF_BASE_MS,
  BACKOFF_CAP_MS,
  fullJitter,
  HELD_RETRY_MS,
  heldWait,
  LONGEST_WAIT_MS,
  RETRY_AFTER_CAP_MS,
  retryAfterMs,
} from '../../src/forward/backoff.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('full jitter', () => {
  it('stays between nothing and a ceiling that doubles from 1 s up to 5 min', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), random, (failures, chance) => {
        const wait = fullJitter(failures, chance);
        const ceiling =
          failures > 20 ? BACKOFF_CAP_MS : Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (failures - 1));
        assert.ok(Number.isInteger(wait) && wait >= 0 && wait < ceiling, `${failures} failures: ${wait}`);
      }),
    );
  });

  it('uses the whole range', () => {
    const waits = Array.from({ length: 1_000 }, (_, step) => fullJitter(4, step / 1_000));
    assert.equal(Math.min(...waits), 0);
    assert.ok(Math.max(...waits) > 7_900);
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    assert.ok(Math.abs(mean - 4_000) < 50, `mean ${mean}`);
  });

  it('takes a lower ceiling', () => {
    assert.ok(fullJitter(50, 0.999, 30_000) < 30_000);
  });

  it('waits half of the long pause at least when a person is needed', () => {
    fc.assert(
      fc.property(random, (chance) => {
        const wait = heldWait(chance);
        assert.ok(wait >= HELD_RETRY_MS / 2 && wait <= HELD_RETRY_MS);
      }),
    );
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 10, 24, 12, 0, 0);
  const cases: [string | undefined, number | null][] = [
    ['0', 0],
    ['7', 7_000],
    [' 120 ', 120_000],
    ['99999999999999999999', RETRY_AFTER_CAP_MS],
    ['Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
    ['Tuesday, 24-Nov-26 12:00:30 GMT', 30_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 0],
    ['Tue, 24 Nov 2076 12:00:00 GMT', RETRY_AFTER_CAP_MS],
    ['-5', null],
    ['1.5', null],
    ['soon', null],
    ['Tue, 99 Nov 2026 12:00:00 GMT', null],
    ['', null],
    [undefined, null],
  ];
  for (const [header, expected] of cases) {
    it(`reads ${JSON.stringify(header)} as ${expected}`, () => {
      assert.equal(retryAfterMs(header, now), expected);
    });
  }

  it('never makes a wait longer than the longest one known', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const wait = retryAfterMs(header, now) ?? 0;
        assert.ok(wait >= 0 && wait + fullJitter(100, 0.999) <= LONGEST_WAIT_MS);
      }),
    );
  });
});
