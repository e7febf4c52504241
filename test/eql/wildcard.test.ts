import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compileWildcard } from '../../src/eql/wildcard.ts';
import { modelWildcard } from './support/model.ts';

describe('compileWildcard', () => {
  const cases: [pattern: string, text: string, sensitive: boolean, insensitive: boolean][] = [
    ['abc', 'abc', true, true],
    ['abc', 'ABC', false, true],
    ['abc', 'abcd', false, false],
    ['a*c', 'ac', true, true],
    ['a*c', 'a\nb\r\nc', true, true],
    ['a*a', 'a', false, false],
    ['*', '', true, true],
    ['?', '', false, false],
    ['?', '\n', true, true],
    ['?', '💩', true, true],
    ['??', '💩', false, false],
    ['*💩?', 'x💩y', true, true],
    ['*?💩', 'x💩💩', true, true],
    ['a?c*', 'aBcd', true, true],
    ['*.JSON', 'x.json', false, true],
    ['C:\\*', 'C:\\x', true, true],
    ['a\\*b', 'a*b', false, false],
    ['a\\*b', 'a\\xb', true, true],
    ['100%_', '100%_', true, true],
    ['100%_', '100xx', false, false],
    ['*a*b*', 'b a', false, false],
    ['*ab*ba*', 'aba', false, false],
    ['k*', '\u212aelvin', false, false],
    ['*straße*', 'HAUPTSTRASSE', false, false],
    ['*ÄB*', 'xÄby', false, true],
    ['*äb*', 'xÄby', false, false],
  ];
  for (const [pattern, text, sensitive, insensitive] of cases)
    it(`${JSON.stringify(pattern)} on ${JSON.stringify(text)}`, () => {
      assert.equal(compileWildcard(pattern, false)(text), sensitive);
      assert.equal(compileWildcard(pattern, true)(text), insensitive);
    });

  const unit = fc.constantFrom('a', 'b', 'B', '💩', 'ä', '\n');
  const text = fc.string({ unit, maxLength: 10 });
  const pattern = fc.string({ unit: fc.oneof(unit, fc.constantFrom('*', '?')), maxLength: 8 });

  it('agrees with the definition', () => {
    const property = fc.property(pattern, text, (some, any) => {
      assert.equal(compileWildcard(some, false)(any), modelWildcard(some, any));
      const [small, folded] = [some.replaceAll('B', 'b'), any.replaceAll('B', 'b')];
      assert.equal(compileWildcard(some, true)(any), modelWildcard(small, folded));
    });
    fc.assert(property, { numRuns: 5000 });
  });

  it('agrees with the definition on segments longer than a machine word', () => {
    const long = fc
      .array(fc.constantFrom('a', '?', 'b'), { minLength: 30, maxLength: 100 })
      .map((each) => each.join(''));
    const property = fc.property(long, text, text, fc.boolean(), (segment, before, after, hit) => {
      const middle = hit ? segment.replaceAll('?', 'x') : segment.replaceAll('?', 'x').slice(1);
      const subject = before + middle + after;
      for (const insensitive of [false, true])
        assert.equal(
          compileWildcard(`*${segment}*`, insensitive)(subject),
          anchoredSearch(segment, subject, insensitive),
        );
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it('takes linear time on text that repeats the beginning of the pattern', () => {
    const hostile = 'a'.repeat(1_048_576);
    const patterns = [
      '*aaaaab*',
      '*a?a?a?b',
      `*${'a'.repeat(60)}b*`,
      `*${'a?'.repeat(60)}b*`,
      `${'*a'.repeat(100)}*b*`,
    ];
    for (const each of patterns) {
      for (const insensitive of [false, true]) {
        const started = process.cpuUsage();
        assert.equal(compileWildcard(each, insensitive)(hostile), false);
        const { user } = process.cpuUsage(started);
        // A backtracking matcher needs minutes here, a naive one seconds; one pass takes some 10 ms.
        assert.ok(user < 500_000, `${each} took ${user} µs`);
      }
    }
  });
});

/** Tries every start in turn. */
function anchoredSearch(segment: string, subject: string, insensitive: boolean): boolean {
  const fold = (each: string) => (insensitive && each === 'B' ? 'b' : each);
  const wanted = Array.from(segment);
  const found = Array.from(subject, fold);
  return found.some((_, start) =>
    wanted.every(
      (each, at) => found[start + at] !== undefined && (each === '?' || each === found[start + at]),
    ),
  );
}
