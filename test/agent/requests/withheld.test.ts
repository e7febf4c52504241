import assert from 'node:assert/strict';
import fc from 'fast-check';
import { withheld } from '../../../src/agent/requests/withheld.ts';
import { alertDocument, alertSource, ancestryOf } from '../../../src/ecs/index.ts';
import { RuleSet } from '../../../src/rules/index.ts';
import type { StoredAlert } from '../../../src/store/index.ts';
import { execLine, forkLine } from '../../support/eslogger-lines.ts';
import { mapEvents } from '../../support/events.ts';

const [RULE] = RuleSet.load().rules;
const USER = 501;

/** An alert on a sequence of processes whose every argument, its parent's and its former image's holds the secret. */
async function alertWith(secret: string): Promise<StoredAlert> {
  const parent = { pid: 500, pidversion: 5_000, path: '/bin/zsh' };
  const child = { pid: 700, parentPid: 500, parentPidversion: 5_000 };
  const lines = [
    execLine({ ...parent, args: ['zsh', secret, `--password=${secret}`] }),
    forkLine({ ...child, pidversion: 6_999, path: '/bin/zsh', actor: parent }),
    execLine({ ...child, pidversion: 7_000, path: '/usr/bin/env', args: ['env', secret] }),
    execLine({
      ...child,
      pidversion: 7_001,
      path: '/usr/bin/security',
      args: ['security', `x${secret}y`, secret],
    }),
  ];
  const events = await mapEvents(lines, (event) => ({
    source: alertSource(event),
    ancestry: ancestryOf(event),
  }));
  const sources = events.map(({ source }) => source);
  return {
    document: JSON.stringify(alertDocument(sources, RULE!, '2026-11-24T10:00:00.000Z')),
    detail: JSON.stringify({
      ancestry: events.at(-1)!.ancestry,
      rule: { note: undefined, falsePositives: [], references: [] },
    }),
    id: 'a'.repeat(64),
    ruleId: 'r',
    ruleName: 'rule',
    severity: 'high',
    riskScore: 73,
    entityId: 'e',
    timeMs: 0,
    number: 1,
    storedMs: 0,
    status: 'open',
    changes: [{ atMs: 0, status: 'acknowledged', comment: `it said ${secret}` }],
  };
}

describe('what an admin sees of an alert', () => {
  it('holds no argument of anybody else, whatever it is', async () => {
    const secrets = fc.stringMatching(/^[A-Za-z0-9]{12,40}$/);
    await fc.assert(
      fc.asyncProperty(secrets, async (secret) => {
        const alert = await alertWith(secret);
        assert.ok(alert.document.includes(secret) && alert.detail.includes(secret));
        assert.doesNotMatch(JSON.stringify(withheld(alert, USER + 1)), new RegExp(secret));
      }),
      { numRuns: 50 },
    );
  });

  it('holds their own process’s arguments, not its parent’s nor those of what it was before', async () => {
    const shown = withheld(await alertWith('S3cretS3cret'), USER);
    const { process } = JSON.parse(shown.document);
    assert.deepEqual(process.args, ['security', 'xS3cretS3crety', 'S3cretS3cret']);
    assert.equal(JSON.stringify(process.parent).includes('S3cret'), false);
    assert.equal(JSON.stringify(process.previous).includes('S3cret'), false);
    assert.equal(process.previous.executable, '/usr/bin/env');
    assert.equal(shown.detail.includes('S3cret'), false);
  });

  it('still tells what happened', async () => {
    const shown = JSON.parse(withheld(await alertWith('S3cretS3cret'), 1).document);
    assert.equal(shown.process.executable, '/usr/bin/security');
    assert.equal(shown.process.args_count, 3);
    assert.equal(shown.rule.name, RULE!.name);
    assert.equal(shown.process.previous.executable, '/usr/bin/env');
    const [parent] = JSON.parse(withheld(await alertWith('S3cretS3cret'), 1).detail).ancestry;
    assert.deepEqual([parent.executable, parent.argsCount, parent.args], ['/bin/zsh', 3, null]);
    assert.equal(typeof parent.entityId, 'string');
  });
});
