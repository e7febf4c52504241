import assert from 'node:assert/strict';
import { readControlLine } from '../../src/agent/control-line.ts';

describe('the start line of a tap run', () => {
  it('names the host, its system and its boot', () => {
    const line = JSON.stringify({
      exectap: {
        start: {
          host: { id: 'H', name: 'mac' },
          os: { version: '26.1', build: '25B78' },
          boot_id: 'B',
          more: 1,
        },
      },
    });
    assert.deepEqual(readControlLine(line), {
      host: {
        id: 'H',
        name: 'mac',
        architecture: undefined,
        osVersion: '26.1',
        osBuild: '25B78',
        kernel: undefined,
      },
      bootId: 'B',
      kind: 'start',
      source: undefined,
      reason: undefined,
      agent: undefined,
      timebase: undefined,
      run: undefined,
      resumed: false,
      timeMs: undefined,
    });
  });

  const others: [what: string, line: string][] = [
    ['a control line of another kind', '{"exectap":{"snapshot":{}}}'],
    ['a start without a host', '{"exectap":{"start":{"source":"eslogger"}}}'],
    ['a host id that is no text', '{"exectap":{"start":{"host":{"id":1}}}}'],
    ['a host id without an end', JSON.stringify({ exectap: { start: { host: { id: 'x'.repeat(2_000) } } } })],
    ['text that is no JSON', '{"exectap":{"start"'],
  ];
  for (const [what, line] of others) {
    it(`is not ${what}`, () => assert.equal(readControlLine(line), null));
  }
});

describe('the other control lines', () => {
  const lines: [line: object, told: object][] = [
    [
      { dropped: { n: 12, cause: 'worker', time: '2026-11-24T09:45:40.147285156Z' } },
      { kind: 'dropped', lines: 12, cause: 'worker', timeMs: Date.UTC(2026, 10, 24, 9, 45, 40, 147) },
    ],
    [
      { stop: { exit: 1, stderr: 'ES_NEW_CLIENT_RESULT_ERR_NOT_PERMITTED' } },
      {
        kind: 'stop',
        exit: 1,
        signal: undefined,
        words: 'ES_NEW_CLIENT_RESULT_ERR_NOT_PERMITTED',
        final: false,
        timeMs: undefined,
      },
    ],
    [
      { answer: { request: 7, kind: 'kill', result: 'refused', reason: 'no' } },
      { kind: 'answer', request: 7, result: 'refused', reason: 'no' },
    ],
  ];
  for (const [line, told] of lines) {
    it(`are read: ${JSON.stringify(line)}`, () =>
      assert.deepEqual(readControlLine(JSON.stringify({ exectap: line })), told));
  }

  const malformed = [
    { dropped: { n: -1, cause: 'worker' } },
    { dropped: { n: 2 ** 60, cause: 'worker' } },
    { dropped: { n: '12', cause: 'worker' } },
    { answer: { request: 1, result: 'perhaps' } },
    { stop: { exit: 'x' } },
  ];
  for (const line of malformed) {
    it(`are not taken half: ${JSON.stringify(line)}`, () =>
      assert.equal(readControlLine(JSON.stringify({ exectap: line })), null));
  }
});
