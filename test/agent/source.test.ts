import assert from 'node:assert/strict';
import { canTap, chooseSource, defaultStateDirectory, SourceError } from '../../src/agent/index.ts';
import { temporaryFolder } from '../support/files.ts';

const rootOnMac = { platform: 'darwin', uid: 0 } as const;
const userOnMac = { platform: 'darwin', uid: 501 } as const;
const rootOnLinux = { platform: 'linux', uid: 0 } as const;

describe('the source of events', () => {
  const folder = temporaryFolder();

  it('is eslogger on a Mac as root', () => {
    assert.equal(canTap(rootOnMac), true);
    assert.deepEqual(chooseSource('auto', rootOnMac), { kind: 'eslogger' });
    assert.deepEqual(chooseSource('eslogger', rootOnMac), { kind: 'eslogger' });
  });

  it('is a capture wherever a path is given, and standard input for a dash', () => {
    const path = folder.write('capture.ndjson', '');
    assert.deepEqual(chooseSource(path, rootOnLinux), { kind: 'capture', path });
    assert.deepEqual(chooseSource('-', rootOnLinux), { kind: 'stdin' });
  });

  const refused: [
    asked: string,
    surroundings: Parameters<typeof chooseSource>[1],
    message: RegExp,
    remedy: RegExp,
  ][] = [
    ['auto', rootOnLinux, /only a Mac/, /--source FILE/],
    ['eslogger', userOnMac, /needs root/, /sudo/],
    ['endpoint-security', rootOnMac, /no Endpoint Security client/, /--source eslogger/],
    ['/nowhere/x.ndjson', rootOnMac, /\/nowhere\/x\.ndjson: no such file/, /path of a file/],
  ];
  for (const [asked, surroundings, message, remedy] of refused) {
    it(`refuses ${asked} as uid ${surroundings?.uid} on ${surroundings?.platform}, and says what to do`, () => {
      assert.throws(
        () => chooseSource(asked, surroundings),
        (error: unknown) => {
          assert.ok(error instanceof SourceError);
          assert.match(error.message, message);
          assert.match(error.remedy ?? '', remedy);
          return true;
        },
      );
    });
  }
});

describe('the state directory', () => {
  const cases: [what: string, surroundings: Parameters<typeof defaultStateDirectory>[0], expected: string][] =
    [
      [
        'root on macOS',
        { platform: 'darwin', uid: 0, home: '/var/root', stateHome: '/elsewhere' },
        '/var/db/exectap',
      ],
      [
        'a user on macOS',
        { platform: 'darwin', uid: 501, home: '/Users/a', stateHome: undefined },
        '/Users/a/.local/state/exectap',
      ],
      [
        '$XDG_STATE_HOME',
        { platform: 'linux', uid: 0, home: '/root', stateHome: '/srv/state' },
        '/srv/state/exectap',
      ],
      [
        'a relative $XDG_STATE_HOME',
        { platform: 'linux', uid: 1, home: '/home/a', stateHome: 'x' },
        '/home/a/.local/state/exectap',
      ],
    ];
  for (const [what, surroundings, expected] of cases) {
    it(`of ${what} is ${expected}`, () => assert.equal(defaultStateDirectory(surroundings), expected));
  }
});
