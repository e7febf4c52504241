import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Scalar } from '../../src/eql/index.ts';
import { readTime } from '../../src/eql/time.ts';

describe('readTime', () => {
  const noon = Date.UTC(2026, 0, 2, 12);
  const cases: [value: Scalar, time: number | undefined][] = [
    [noon, noon],
    [BigInt(noon), noon],
    [String(noon), noon],
    ['2026-01-02T12:00:00Z', noon],
    ['2026-01-02T12:00:00', noon],
    ['2026-01-02 12:00', noon],
    ['2026-01-02T13:30:00+0130', noon],
    ['2026-01-02T10:30:00.000-01:30', noon],
    ['2026-01-02T12:00:00.000250Z', noon + 0.25],
    ['2026-01-02T12:00:00,5Z', noon + 500],
    ['2026-01-02', Date.UTC(2026, 0, 2)],
    ['2026-02', Date.UTC(2026, 1, 1)],
    ['2026-13-01', undefined],
    ['2026-01-02T25:00', undefined],
    ['yesterday', undefined],
    ['', undefined],
    [true, undefined],
  ];
  for (const [value, time] of cases)
    it(`${typeof value} ${value}`, () => assert.equal(readTime(value), time));

  it('reads what the runtime writes', () => {
    const years = { min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(years), (date) => assert.equal(readTime(date.toISOString()), date.getTime())),
    );
  });
});
