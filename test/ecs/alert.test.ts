import assert from 'node:assert/strict';
import { alertDocument, alertSource } from '../../src/ecs/index.ts';
import { ANCESTRY_LIMIT } from '../../src/process/index.ts';
import { RuleSet } from '../../src/rules/index.ts';
import { controlLine, execLine, forkLine } from '../support/eslogger-lines.ts';
import { mapEvents } from '../support/events.ts';
import { assertGolden } from '../support/golden.ts';

const rules = RuleSet.load();

describe('the document of an alert', () => {
  const shell = { pid: 500, pidversion: 5_000, path: '/bin/zsh', startTime: '2026-08-12T10:00:00.000001Z' };
  const child = {
    pid: 700,
    parentPid: 500,
    parentPidversion: 5_000,
    startTime: '2026-08-12T11:00:00.000001Z',
  };
  const tool = {
    path: '/usr/bin/security',
    signingId: 'com.apple.security',
    platformBinary: true,
    csFlags: 0x26016c01,
  };
  const lines = [
    controlLine({ start: { host: { id: 'HOST-A', name: 'mac-a' }, os: { version: '26.1' } } }),
    execLine({ ...shell, args: ['-zsh'] }),
    forkLine({ ...child, pidversion: 6_999, path: '/bin/zsh', actor: shell }),
    execLine({
      ...child,
      ...tool,
      pidversion: 7_000,
      args: ['security', 'dump-keychain', '-d'],
      globalSeqNum: 3,
    }),
  ];

  it('has the shape in which Elastic Defend reports its own, in a data stream of ours', async () => {
    const made = await mapEvents(lines, (event) =>
      rules.evaluate(event).map(({ sources, rule, ancestry }) => ({
        document: alertDocument(sources, rule, '2026-08-12T15:28:34.000Z'),
        ancestry,
      })),
    );
    const [alert, ...more] = made.flat();
    assert.deepEqual(more, []);
    assertGolden('ecs/alert.json', alert);
  });

  it('has an id that a second look and a newer rule do not change', async () => {
    const [rule] = rules.rules;
    const ids = await mapEvents([execLine({ args: ['x'] })], (event) =>
      [rule!, { ...rule!, version: 200 }].map(
        (each) => JSON.parse(JSON.stringify(alertDocument([alertSource(event)], each, 'now'))).event.id,
      ),
    );
    assert.equal(ids[0]![0], ids[0]![1]);
  });

  it('is bounded whatever its process, and those that led to it, were given', async () => {
    const args = ['security', 'dump-keychain', '-d', '\u0001'.repeat(100_000)];
    const chain: string[] = [];
    for (let depth = 0; depth < 150; depth += 1) {
      const life = {
        pid: 1_000 + depth,
        startTime: `2026-08-12T11:00:00.${String(depth).padStart(6, '0')}Z`,
        parentPid: 999 + depth,
        parentPidversion: 4_999 + depth,
      };
      chain.push(execLine({ ...life, pidversion: 5_000 + depth, args }));
    }
    const made = await mapEvents(chain, (event) =>
      rules
        .evaluate(event)
        .map(({ sources, rule, ancestry }) => [
          alertDocument(sources, rule, '2026-08-12T15:28:34.000Z'),
          ancestry,
        ]),
    );
    const [document, ancestry] = made.at(-1)![0]!;
    assert.ok(JSON.stringify(document).length < 64 * 1024, `${JSON.stringify(document).length}`);
    assert.ok(JSON.stringify(ancestry).length < 96 * 1024, `${JSON.stringify(ancestry).length}`);
    assert.equal((ancestry as unknown[]).length, ANCESTRY_LIMIT);
  });
});
