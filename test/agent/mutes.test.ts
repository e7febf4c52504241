import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Pipeline } from '../../src/agent/index.ts';
import { type MuteSelector, Mutes, pathMatcher, signingIdOf } from '../../src/agent/mutes.ts';
import { RuleSet } from '../../src/rules/index.ts';
import { type AlertStore, openStore } from '../../src/store/index.ts';
import { Tap } from '../../src/tap/index.ts';
import {
  execLine,
  exitLine,
  forkLine,
  generateEvents,
  type ProcessOptions,
} from '../support/eslogger-lines.ts';
import { mapEvents, TEST_ORIGIN } from '../support/events.ts';
import { temporaryFolder } from '../support/files.ts';

/** CS_VALID alone: neither ad hoc nor anything else. */
const VALID = 0x1;
const AD_HOC = 0x3;

describe('a muted path', () => {
  const cases: [prefix: string, path: string, muted: boolean][] = [
    ['/opt/a', '/opt/a', true],
    ['/opt/a', '/opt/a/b/c', true],
    ['/opt/a', '/opt/ab', false],
    ['/opt/a/', '/opt/a/b', true],
    ['/opt/a/', '/opt/ab', false],
    ['/opt/a', '/OPT/A/b', false],
    ['/opt/a', '/private/opt/a', false],
    ['/', '/anything', true],
  ];
  for (const [prefix, path, muted] of cases) {
    it(`${prefix} ${muted ? 'covers' : 'does not cover'} ${path}`, () =>
      assert.equal(pathMatcher(prefix)(path), muted));
  }
});

describe('a mute', () => {
  const cut = async (selector: MuteSelector, lines: readonly string[]): Promise<boolean[]> => {
    const mutes = new Mutes([selector]);
    return mapEvents(lines, (event) => mutes.cut(event));
  };
  const shell: ProcessOptions = {
    pid: 500,
    pidversion: 5_000,
    path: '/bin/zsh',
    startTime: '2026-08-12T10:00:00.000001Z',
  };
  const born: ProcessOptions = {
    pid: 700,
    parentPid: 500,
    parentPidversion: 5_000,
    startTime: '2026-08-12T11:00:00.000700Z',
  };
  /** zsh starts, forks, the child becomes ls and exits. */
  const life = [
    execLine({ ...shell, args: ['-zsh'] }),
    forkLine({ ...born, pidversion: 6_999, path: '/bin/zsh', actor: shell }),
    execLine({
      ...born,
      pidversion: 7_000,
      path: '/bin/ls',
      args: ['ls'],
      actor: { pidversion: 6_999, path: '/bin/zsh' },
    }),
    exitLine({ ...born, pidversion: 7_000, path: '/bin/ls' }),
  ];

  it('of a path cuts what runs that program: an exec by its new one, a fork by its child’s', async () => {
    assert.deepEqual(await cut({ kind: 'path', value: '/bin/zsh' }, life), [true, true, false, false]);
    assert.deepEqual(await cut({ kind: 'path', value: '/bin/ls' }, life), [false, false, true, true]);
  });

  it('of a parent cuts all of its children’s events, not its own', async () => {
    assert.deepEqual(await cut({ kind: 'parent', value: '/bin/zsh' }, life), [false, true, true, true]);
  });

  it('of a parent cuts nothing where the parent was not seen', async () => {
    assert.deepEqual(await cut({ kind: 'parent', value: '/' }, [execLine({ ...born, path: '/bin/ls' })]), [
      false,
    ]);
  });

  const signatures: [what: string, value: MuteSelector, process: ProcessOptions, muted: boolean][] = [
    ['a team’s program', team('A1B2C3D4E5'), { teamId: 'A1B2C3D4E5', csFlags: VALID }, true],
    ['another team’s', team('A1B2C3D4E5'), { teamId: 'A1B2C3D4E6', csFlags: VALID }, false],
    ['a team claimed ad hoc', team('A1B2C3D4E5'), { teamId: 'A1B2C3D4E5', csFlags: AD_HOC }, false],
    ['a team’s, no longer valid', team('A1B2C3D4E5'), { teamId: 'A1B2C3D4E5', csFlags: 0 }, false],
    ['an identifier', id('org.a'), { signingId: 'org.a', teamId: 'A1B2C3D4E5', csFlags: VALID }, true],
    ['an identifier claimed ad hoc', id('org.a'), { signingId: 'org.a', csFlags: AD_HOC }, false],
    ['an identifier of nobody', id('org.a'), { signingId: 'org.a', teamId: null, csFlags: VALID }, false],
    [
      'a longer identifier',
      id('org.a'),
      { signingId: 'org.ab', teamId: 'A1B2C3D4E5', csFlags: VALID },
      false,
    ],
    [
      'a team’s identifier',
      id('A1B2C3D4E5:org.a'),
      { signingId: 'org.a', teamId: 'A1B2C3D4E5', csFlags: VALID },
      true,
    ],
    [
      'the same of another team',
      id('A1B2C3D4E5:org.a'),
      { signingId: 'org.a', teamId: 'Z1B2C3D4E5', csFlags: VALID },
      false,
    ],
    [
      'one of Apple’s platform',
      id('platform:com.apple.ls'),
      { signingId: 'com.apple.ls', platformBinary: true, csFlags: VALID },
      true,
    ],
    [
      'Apple’s identifier, taken by a team',
      id('platform:com.apple.ls'),
      { signingId: 'com.apple.ls', platformBinary: false, teamId: 'A1B2C3D4E5', csFlags: VALID },
      false,
    ],
  ];
  for (const [what, selector, process, muted] of signatures) {
    it(`${muted ? 'cuts' : 'does not cut'} ${what}`, async () => {
      assert.deepEqual(await cut(selector, [execLine({ pid: 700, path: '/opt/tool', ...process })]), [muted]);
    });
  }

  function team(value: string): MuteSelector {
    return { kind: 'team_id', value };
  }
  function id(value: string): MuteSelector {
    return { kind: 'signing_id', value };
  }

  it('knows who signs in an identifier, and takes other colons for part of it', () => {
    assert.deepEqual(signingIdOf('platform:com.apple.ls'), { signer: 'platform', id: 'com.apple.ls' });
    assert.deepEqual(signingIdOf('a:b'), { signer: null, id: 'a:b' });
  });
});

describe('mutes', () => {
  const selector: fc.Arbitrary<MuteSelector> = fc.oneof(
    fc.record({
      kind: fc.constantFrom('path' as const, 'parent' as const),
      value: fc.constantFrom('/', '/bin/', '/bin/zsh', '/usr/bin', '/usr/local/bin/', '/Applications'),
    }),
    fc.record({
      kind: fc.constant('signing_id' as const),
      value: fc.constantFrom('platform:com.apple.git', 'com.apple.ls', 'node'),
    }),
    fc.record({ kind: fc.constant('team_id' as const), value: fc.constantFrom('A1B2C3D4E5', 'HX7739G8FX') }),
  );

  it('and what they leave are all events; each is cut by the first that matches', async () => {
    const lines = [...generateEvents(400, 7)];
    await fc.assert(
      fc.asyncProperty(fc.array(selector, { maxLength: 6 }), async (selectors) => {
        const mutes = new Mutes(selectors);
        const alone = [
          ...new Map(selectors.map((each) => [JSON.stringify(each), new Mutes([each])])).values(),
        ];
        const first = alone.map(() => 0);
        const answers = await mapEvents(lines, (event) => {
          const by = alone.map((each) => each.cut(event)).indexOf(true);
          if (by >= 0) first[by]! += 1;
          assert.equal(mutes.cut(event), by >= 0);
          return by >= 0;
        });
        const { muted, mutes: counted } = mutes.counters;
        assert.equal(muted + answers.filter((answer) => !answer).length, answers.length);
        assert.deepEqual(
          counted.map(({ events }) => events),
          first,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('keep their counts when they are replaced, those taken back in the sum', async () => {
    const mutes = new Mutes([
      { kind: 'path', value: '/a' },
      { kind: 'path', value: '/b' },
    ]);
    const see = (paths: string[]) =>
      mapEvents(
        paths.map((path, index) => execLine({ pid: 700 + index, path })),
        (event) => mutes.cut(event),
      );
    await see(['/a', '/a', '/b', '/c']);
    mutes.use([
      { kind: 'path', value: '/b' },
      { kind: 'path', value: '/c' },
    ]);
    await see(['/a', '/b', '/c']);
    assert.deepEqual(mutes.counters, {
      muted: 5,
      mutes: [
        { mute: 'path: /b', events: 2 },
        { mute: 'path: /c', events: 1 },
      ],
    });
  });
});

describe('a pipeline with mutes', () => {
  const folder = temporaryFolder();
  let store: AlertStore;

  beforeEach(async () => {
    store = await openStore(folder.path('state'), { createIfMissing: true });
  });
  afterEach(() => store.close());

  const shell = {
    pid: 500,
    pidversion: 5_000,
    path: '/opt/muted/sh',
    startTime: '2026-08-12T10:00:00.000001Z',
  };
  const dump = (pid: number, path: string): string =>
    execLine({
      pid,
      path,
      parentPid: 500,
      parentPidversion: 5_000,
      startTime: `2026-08-12T11:00:00.${String(pid).padStart(6, '0')}Z`,
      args: ['security', 'dump-keychain', '-d'],
    });

  it('makes no alert of a muted event and shows it to no watcher, and still knows it as a parent', async () => {
    const seen: string[] = [];
    const pipeline = new Pipeline({
      origin: TEST_ORIGIN,
      live: false,
      rules: RuleSet.load(),
      mutes: [{ kind: 'path', value: '/opt/muted' }],
      store,
    });
    pipeline.watch((event) => void seen.push(event.subject.executable));
    const lines = [
      execLine({ ...shell, args: ['sh'] }),
      dump(700, '/opt/muted/security'),
      dump(701, '/usr/bin/security'),
    ];
    const tap = new Tap({ path: folder.write('c.ndjson', lines.map((line) => `${line}\n`).join('')) });
    await pipeline.run(tap);
    await tap.stop();
    const alerts = (await store.list()).map(({ document }) => JSON.parse(document).process);
    assert.deepEqual(
      alerts.map(({ pid, parent }) => [pid, parent.executable]),
      [[701, '/opt/muted/sh']],
    );
    assert.deepEqual(seen, ['/usr/bin/security']);
    const { muted, mutes, matched } = pipeline.counters;
    assert.deepEqual([muted, mutes, matched], [2, [{ mute: 'path: /opt/muted', events: 2 }], 1]);
  });
});
