import assert from 'node:assert/strict';
import { tapStart } from '../../src/agent/control-line.ts';

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
    assert.deepEqual(tapStart(line), {
      host: {
        id: 'H',
        name: 'mac',
        architecture: undefined,
        osVersion: '26.1',
        osBuild: '25B78',
        kernel: undefined,
      },
      bootId: 'B',
    });
  });

  const others: [what: string, line: string][] = [
    ['another control line', '{"exectap":{"stop":{"exit":0}}}'],
    ['a start without a host', '{"exectap":{"start":{"source":"eslogger"}}}'],
    ['a host id that is no text', '{"exectap":{"start":{"host":{"id":1}}}}'],
    ['a host id without an end', JSON.stringify({ exectap: { start: { host: { id: 'x'.repeat(2_000) } } } })],
    ['text that is no JSON', '{"exectap":{"start"'],
  ];
  for (const [what, line] of others) {
    it(`is not ${what}`, () => assert.equal(tapStart(line), null));
  }
});
