import assert from 'node:assert/strict';
import { RuleSet } from '../../src/rules/index.ts';
import { execLine, exitLine, forkLine } from '../support/eslogger-lines.ts';
import { mapEvents } from '../support/events.ts';

const rules = RuleSet.load();

async function firings(lines: readonly string[]): Promise<number[]> {
  return mapEvents(lines, (event) => rules.evaluate(event).length);
}

const keychain = '/Users/ada/Library/Keychains/login.keychain-db';

describe('the keychain-dump rule', () => {
  const fires: [what: string, args: string[], path?: string][] = [
    ['the verb and the flag', ['security', 'dump-keychain', '-d']],
    ['a keychain after them', ['security', 'dump-keychain', '-d', keychain]],
    ['the flag before the verb', ['security', '-d', 'dump-keychain']],
    ['other flags between', ['security', 'dump-keychain', '-r', '-i', '-d', keychain]],
    ['an upper-case verb', ['security', 'DUMP-KEYCHAIN', '-d']],
    ['a mixed-case verb', ['security', 'Dump-Keychain', '-d']],
    ['an upper-case flag', ['security', 'dump-keychain', '-D']],
    ['a renamed binary', ['.helper', 'dump-keychain', '-d'], '/private/tmp/.helper'],
    ['an argv[0] of its own choice', ['/usr/bin/true', 'dump-keychain', '-d']],
    ['the words as argv[0]', ['dump-keychain', '-d']],
    [
      'a thousand arguments around them',
      [...Array<string>(500).fill('x'), '-d', ...Array<string>(500).fill('y'), 'dump-keychain'],
    ],
  ];
  for (const [what, args, path] of fires) {
    it(`fires on ${what}`, async () => {
      assert.deepEqual(await firings([execLine({ path: path ?? '/usr/bin/security', args })]), [1]);
    });
  }

  const silent: [what: string, args: string[]][] = [
    ['the verb alone', ['security', 'dump-keychain']],
    ['the verb and a keychain', ['security', 'dump-keychain', keychain]],
    ['the flag alone', ['security', '-d']],
    ['a flag glued to another', ['security', 'dump-keychain', '-ad']],
    ['a flag glued after', ['security', 'dump-keychain', '-dr']],
    ['a long flag', ['security', 'dump-keychain', '--d']],
    ['a flag with a value', ['security', 'dump-keychain', '-d=1']],
    ['both words inside one argument', ['sh', '-c', 'security dump-keychain -d']],
    ['the verb inside a longer argument', ['security', 'xdump-keychain', '-d']],
    ['blanks around the verb', ['security', ' dump-keychain ', '-d']],
    ['another verb', ['security', 'find-generic-password', '-d']],
    ['no arguments at all', []],
  ];
  for (const [what, args] of silent) {
    it(`is silent on ${what}`, async () => {
      assert.deepEqual(await firings([execLine({ path: '/usr/bin/security', args })]), [0]);
    });
  }

  it('is silent on forks and the exit of the process that it matched', async () => {
    const life = { pid: 700, startTime: '2026-08-12T15:28:33.400000Z' };
    const image = { path: '/usr/bin/security', signingId: 'com.apple.security' };
    const lines = [
      execLine({ ...life, ...image, pidversion: 9001, args: ['security', 'dump-keychain', '-d'] }),
      forkLine({
        ...image,
        pid: 701,
        pidversion: 9002,
        parentPid: 700,
        parentPidversion: 9001,
        actor: { ...life, ...image },
      }),
      exitLine({ ...life, ...image, pidversion: 9001 }),
    ];
    const seen = await mapEvents(lines, (event) => ({
      action: event.action,
      args: event.args,
      fired: rules.evaluate(event).length,
    }));
    const args = ['security', 'dump-keychain', '-d'];
    assert.deepEqual(seen, [
      { action: 'exec', args, fired: 1 },
      { action: 'fork', args, fired: 0 },
      { action: 'end', args, fired: 0 },
    ]);
  });
});
