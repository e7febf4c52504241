import assert from 'node:assert/strict';
import { readControlLine, type TapStart } from '../../src/agent/control-line.ts';
import { OwnEvents } from '../../src/agent/own-events.ts';
import { execLine, exitLine, forkLine } from '../support/eslogger-lines.ts';
import { mapEvents } from '../support/events.ts';

const PUMP = 300;
const TAP = 301;

function started(): OwnEvents {
  const line = readControlLine(
    JSON.stringify({ exectap: { start: { host: { id: 'H' }, agent: { pump: PUMP, tap: TAP } } } }),
  );
  const own = new OwnEvents();
  own.started(line as TapStart);
  return own;
}

describe('the agent’s own events', () => {
  const rows: [what: string, line: string, own: boolean][] = [
    ['an execution by the pump', execLine({ pid: 400, parentPid: PUMP }), true],
    ['a fork by the pump', forkLine({ pid: 400, parentPid: PUMP, actor: { pid: PUMP } }), true],
    ['the exit of the tap', exitLine({ pid: TAP }), true],
    ['the exit of the worker', exitLine({ pid: process.pid }), true],
    ['an execution by somebody else', execLine({ pid: 400, parentPid: 1 }), false],
    [
      'a program that the worker starts without having said so',
      execLine({ pid: 400, parentPid: process.pid }),
      false,
    ],
  ];
  for (const [what, line, expected] of rows) {
    it(`are${expected ? '' : ' not'} ${what}`, async () => {
      const own = started();
      assert.deepEqual(await mapEvents([line], (event) => own.claims(event)), [expected]);
      assert.equal(own.counters.agent, expected ? 1 : 0);
    });
  }

  it('are a self-test from its fork to its exit, and only its execution with the nonce is taken for it', async () => {
    const own = started();
    let seen = 0;
    own.expect(500, '0.21234', () => (seen += 1));
    const lines = [
      forkLine({ pid: 500, parentPid: 1, pidversion: 1 }),
      execLine({ pid: 500, parentPid: 1, pidversion: 2, args: ['/bin/sleep', '0.2'] }),
      execLine({ pid: 501, parentPid: 1, pidversion: 3, args: ['/bin/sleep', '0.21234'] }),
      execLine({ pid: 500, parentPid: 1, pidversion: 4, args: ['/bin/sleep', '0.21234'] }),
      exitLine({ pid: 500, parentPid: 1, pidversion: 4 }),
    ];
    assert.deepEqual(await mapEvents(lines, (event) => own.claims(event)), [true, true, false, true, true]);
    assert.deepEqual([seen, own.counters.selfTests], [1, 4]);
    own.forget(500);
    assert.deepEqual(await mapEvents([lines[3]!], (event) => own.claims(event)), [false]);
  });
});
