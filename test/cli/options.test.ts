import assert from 'node:assert/strict';
import { ownCommand } from '../../src/cli/io.ts';
import { parseLimit, parseSince } from '../../src/cli/options.ts';

describe('the --since option', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  const cases: [text: string, expected: string][] = [
    ['90m', '2026-11-24T10:30:00.000Z'],
    ['12h', '2026-11-24T00:00:00.000Z'],
    ['7d', '2026-11-17T12:00:00.000Z'],
    ['2w', '2026-11-10T12:00:00.000Z'],
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    ['2026-11-20T08:00:00+02:00', '2026-11-20T06:00:00.000Z'],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${text}`, () => assert.equal(new Date(parseSince(text, now)).toISOString(), expected));
  }
  for (const text of ['', 'yesterday', '7', '-1d', '2026-13-45', '1y']) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseSince(text, now), /age .* or an ISO 8601 time/));
  }
});

describe('the --limit option', () => {
  it('is a whole number from 1', () => {
    assert.equal(parseLimit('20'), 20);
    for (const text of ['0', '-1', '1.5', 'all', '99999999'])
      assert.throws(() => parseLimit(text), /whole number/);
  });
});

describe('the commands that are shown', () => {
  it('work by copy and paste in a bare clone, and where exectap is installed', () => {
    assert.equal(ownCommand('/src/exectap/dist/cli/main.js', '/src/exectap'), 'node dist/cli/main.js');
    assert.equal(
      ownCommand('/src/exectap/dist/cli/main.js', '/home/a'),
      'node /src/exectap/dist/cli/main.js',
    );
    assert.equal(ownCommand('/usr/local/bin/exectap', '/home/a'), 'exectap');
  });
});
