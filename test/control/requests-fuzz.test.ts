import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { type AgentParts, requestKinds } from '../../src/agent/requests/index.ts';
import { execLine } from '../support/eslogger-lines.ts';
import { exectap, startExectap } from '../support/exectap.ts';
import { temporaryFolder } from '../support/files.ts';

/** Every request that there is; their definitions touch no part of an agent before one is asked. */
const NAMES = requestKinds({} as AgentParts, () => assert.fail('nothing is asked')).map(({ name }) => name);
const KEYS = [
  'id',
  'status',
  'comment',
  'limit',
  'sinceMs',
  'where',
  'level',
  'exception',
  'ruleId',
  'reason',
  'expiresMs',
  'all',
  'open',
  'since',
  '__proto__',
  'constructor',
];
const WORDS = [
  '1',
  '%',
  '_',
  'a'.repeat(64),
  'a'.repeat(129),
  '\0',
  "' OR 1=1 --",
  'open',
  'acknowledged',
  'true',
  'process.args : ("a*?b", "\\u0000")',
  'process.name regex "(a+)+$"',
  `${'('.repeat(2_000)}true`,
  'x == 1',
  '\ud800',
];

const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...WORDS) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(0, 1, -1, 1.5, 1e300, 2 ** 53, -(2 ** 53) + 1, 10_000_000, null, true),
  },
  { weight: 1, arbitrary: fc.jsonValue() },
);
/** What some requests take, and values that are right for it. */
const RIGHT: Record<string, Record<string, readonly unknown[]>> = {
  'alerts.list': { status: ['open'], sinceMs: [0], limit: [1, 500] },
  'alerts.get': { id: ['1'] },
  'alerts.set-status': { id: ['1', '2'], status: ['acknowledged', 'closed'], comment: [null, 'dealt with'] },
  'exceptions.list': { all: [true, false] },
  'gaps.list': { sinceMs: [0], open: [true, false], limit: [1, 500] },
  'exceptions.add': {
    ruleId: [null],
    where: ['process.name : "b*"', 'user.id == "501"'],
    reason: ['known'],
    expiresMs: [null],
  },
  'exceptions.remove': { exception: ['a0'] },
  tail: { where: ['process.name : "*"', 'process.name regex "(a+)+$"'] },
  'respond.kill': { id: ['700'] },
  'log-level': { level: ['info', 'debug'] },
};

/** Of these only refusals are had: without root nothing is killed, and there is no such exception. */
const UNANSWERED = new Set(['respond.kill', 'exceptions.remove']);

const nonsense = fc
  .array(fc.tuple(fc.constantFrom(...KEYS), value), { maxLength: 5 })
  .map((pairs) => asJson(pairs));

const question = fc
  .constantFrom(...NAMES)
  .chain((request) => fc.tuple(fc.constant(request), fc.oneof(nonsense, takenBy(request))));

/** Right and wrong values for what the request takes. */
function takenBy(request: string): fc.Arbitrary<string> {
  const pairs = Object.entries(RIGHT[request] ?? {}).map(([key, right]) =>
    fc.tuple(fc.constant(key), fc.oneof(fc.constantFrom(...right), value)),
  );
  return fc.tuple(...pairs).map(asJson);
}

/** As text, or `__proto__` would not get onto the wire. */
function asJson(pairs: readonly (readonly [string, unknown])[]): string {
  return `{${pairs.map(([key, each]) => `${JSON.stringify(key)}:${JSON.stringify(each)}`).join()}}`;
}

describe('a running agent that is asked nonsense', function () {
  this.timeout(60_000);
  const folder = temporaryFolder();

  /** The first line of the answer. */
  async function ask(request: string, with_: string): Promise<any> {
    const socket = connect({ path: folder.path('state/control.sock') });
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.includes('\n')) socket.destroy();
    });
    socket.write(`{"v":1,"id":1,"request":${JSON.stringify(request)},"with":${with_}}\n`);
    await once(socket, 'close');
    return JSON.parse(text.slice(0, text.indexOf('\n')));
  }

  it('answers every request, fails at none by its own fault, and goes on', async () => {
    const agent = startExectap(['run', '--source', '-', '--state', folder.path('state')]);
    await agent.says('tap started');
    const args = ['security', 'dump-keychain', '-d'];
    const tool = { path: '/usr/bin/security', signingId: 'com.apple.security', platformBinary: true };
    for (const pid of [700, 701])
      agent.child.stdin!.write(`${execLine({ pid, pidversion: pid, ...tool, args })}\n`);
    await agent.says('Dumping of Keychain');
    const answered = new Set<string>();
    await fc.assert(
      fc.asyncProperty(question, async ([request, with_]) => {
        const answer = await ask(request, with_);
        assert.notEqual(answer.error?.message, 'the agent has failed at this');
        assert.ok('done' in answer || 'item' in answer || 'error' in answer);
        if (!('error' in answer)) answered.add(request);
      }),
      { numRuns: 2_000 },
    );
    for (const request of ['status', 'reload', ...Object.keys(RIGHT).filter((each) => !UNANSWERED.has(each))])
      assert.ok(answered.has(request), `${request} was never answered`);
    const status = await exectap(['status', '--state', folder.path('state')]);
    assert.match(status.stdout, /running as pid/);
    agent.child.stdin!.end();
    const { code, stderr } = await agent.outcome;
    assert.equal(code, 0);
    assert.doesNotMatch(stderr, /a request failed/);
  });
});
