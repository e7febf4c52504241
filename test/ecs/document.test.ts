import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Document, eventDocument, FIELDS } from '../../src/ecs/index.ts';
import { type ExecOptions, execLine, exitLine, forkLine } from '../support/eslogger-lines.ts';
import { mapEvents, TEST_ORIGIN } from '../support/events.ts';
import { assertGolden } from '../support/golden.ts';

const documents = (lines: readonly string[], origin = TEST_ORIGIN): Promise<Document[]> =>
  mapEvents(lines, eventDocument, origin);

async function execDocument(options: ExecOptions): Promise<Record<string, any>> {
  const [document] = await documents([execLine(options)]);
  return document as Record<string, any>;
}

/** Paths of all leaves of a document. */
function leaves(value: unknown, path: string[] = []): [name: string, value: unknown][] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [[path.join('.'), value]];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...path, name]));
}

describe('the document of an event', () => {
  for (const version of [6, 7, 8, 9, 10, 11]) {
    it(`of message version ${version} has these fields`, async () => {
      const life = {
        pid: 700,
        startTime: '2026-08-12T15:28:33.400000Z',
        tty: '/dev/ttys002',
        ttyRdev: 268435458,
        version,
        seed: version,
      };
      const tool = {
        path: '/usr/bin/security',
        signingId: 'com.apple.security',
        platformBinary: true,
        csFlags: 0x22010d01,
      };
      const lines = [
        forkLine({
          ...life,
          pidversion: 9001,
          path: '/bin/zsh',
          globalSeqNum: 5,
          time: '2026-08-12T15:28:33.400000001Z',
        }),
        execLine({
          ...life,
          ...tool,
          pidversion: 9002,
          globalSeqNum: 6,
          args: ['security', 'list-keychains'],
          script: version === 9 ? '/opt/x.sh' : null,
        }),
        exitLine({
          ...life,
          ...tool,
          pidversion: 9002,
          globalSeqNum: 7,
          stat: 256,
          time: '2026-08-12T15:28:33.700000001Z',
        }),
      ];
      assertGolden(`ecs/version-${version}.json`, await documents(lines));
    });
  }

  it('of a fork carries the program and arguments of its parent, and no command line', async () => {
    const parent = { pid: 700, pidversion: 9001, path: '/bin/zsh', startTime: '2026-08-12T15:28:33.400000Z' };
    const [, fork] = await documents([
      execLine({ ...parent, args: ['-zsh', '-i'] }),
      forkLine({
        pid: 701,
        pidversion: 9002,
        parentPid: 700,
        parentPidversion: 9001,
        path: '/bin/zsh',
        actor: parent,
      }),
    ]);
    const { process, event } = fork as Record<string, any>;
    assert.deepEqual([event.type, event.action], [['start'], 'fork']);
    assert.deepEqual(
      [process.name, process.executable, process.args, process.args_count],
      ['zsh', '/bin/zsh', ['-zsh', '-i'], 2],
    );
    assert.equal('command_line' in process, false);
    assert.deepEqual([process.pid, process.parent.pid, process.parent.command_line], [701, 700, '-zsh -i']);
  });

  const exits: [what: string, stat: number, code: number][] = [
    ['0', 0, 0],
    ['status 78', 19968, 78],
    ['status 255', 0xff00, 255],
    ['SIGKILL', 9, 137],
    ['SIGSEGV with a core dump', 0x80 | 11, 139],
  ];
  for (const [what, stat, code] of exits) {
    it(`of an exit by ${what} has exit_code ${code}`, async () => {
      const [document] = await documents([exitLine({ stat })]);
      const { event, process } = document as Record<string, any>;
      assert.deepEqual([event.type, event.action, process.exit_code], [['end'], 'end', code]);
    });
  }

  it('splits a Darwin device number into 8 and 24 bits', async () => {
    const { process } = await execDocument({ tty: '/dev/ttys002', ttyRdev: 268435458 });
    assert.deepEqual([process.tty.char_device, process.interactive], [{ major: 16, minor: 2 }, true]);
    const none = await execDocument({ tty: null });
    assert.deepEqual([none.process.tty, none.process.interactive], [undefined, false]);
  });

  it('says how the exec was decided by another client', async () => {
    assert.equal((await execDocument({ auth: 0 })).event.outcome, 'success');
    assert.equal((await execDocument({ auth: 1 })).event.outcome, 'failure');
  });

  it('keeps all nine digits of the time', async () => {
    const document = await execDocument({ time: '2026-08-12T15:28:33.510893468Z' });
    assert.equal(document['@timestamp'], '2026-08-12T15:28:33.510893468Z');
  });

  it('names no user of the machine that reads it but root', async () => {
    assert.deepEqual((await execDocument({ uid: 0 })).user.name, 'root');
    assert.deepEqual((await execDocument({ uid: 1 })).user, { id: '1', Ext: { real: { id: '1' } } });
  });

  it('names the host that the agent runs on, or the one that the capture names', async () => {
    const host = {
      id: 'H',
      name: 'mac',
      architecture: 'arm64',
      osVersion: '26.1',
      osBuild: '25B78',
      kernel: 'Darwin Kernel Version 25',
    };
    const [document] = await documents([execLine()], { ...TEST_ORIGIN, host });
    const os = {
      type: 'macos',
      platform: 'macos',
      family: 'macos',
      name: 'macOS',
      version: '26.1',
      full: 'macOS 26.1 (25B78)',
    };
    assert.deepEqual((document as Record<string, any>).host, {
      id: 'H',
      name: 'mac',
      hostname: 'mac',
      architecture: 'arm64',
      os: { ...os, kernel: 'Darwin Kernel Version 25' },
    });
  });

  it('never holds the environment', async () => {
    const document = await execDocument({ env: ['TOKEN=hunter2'] });
    assert.equal(JSON.stringify(document).includes('hunter2'), false);
  });

  it('holds only fields of the table, each with a value of its type', async () => {
    const types = new Map(FIELDS.map(({ name, type }) => [name, type]));
    const life = { tty: '/dev/ttys001', script: '/x.sh', args: ['a'] };
    const found = (await documents([forkLine(), execLine(life), exitLine(life)])).flatMap((document) =>
      leaves(document),
    );
    for (const [name, value] of found) {
      const expected = types.get(name);
      assert.ok(expected, `${name} is not in the table`);
      for (const one of Array.isArray(value) ? value : [value]) {
        const kind: string = expected === 'long' ? 'number' : expected === 'boolean' ? 'boolean' : 'string';
        assert.equal(typeof one, kind, name);
      }
    }
  });
});

/** Bytes of JSON of every argument and command line anywhere in a document. */
function argumentBytes(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  if (Array.isArray(value)) return value.reduce((sum, item) => sum + argumentBytes(item), 0);
  return Object.entries(value).reduce((sum, [key, inner]) => {
    const counts = key === 'args' || key === 'command_line';
    return sum + (counts ? Buffer.byteLength(JSON.stringify(inner)) : argumentBytes(inner));
  }, 0);
}

const LIMIT = 32 * 1024;
const hostileArgs: [what: string, args: string[]][] = [
  ['one long argument', ['tool', 'x'.repeat(1_000_000)]],
  ['many arguments', ['tool', ...Array<string>(100_000).fill('yy')]],
  ['empty arguments', ['tool', ...Array<string>(100_000).fill('')]],
  ['characters of three bytes', ['tool', '鍵'.repeat(20_000)]],
  ['control characters, six bytes each in JSON', ['tool', '\u0001'.repeat(20_000)]],
  ['quotes', ['tool', '"'.repeat(20_000)]],
];

describe('arguments in a document', () => {
  it('are whole where they are short', async () => {
    const { process } = await execDocument({ args: ['tool', 'a b', ''] });
    assert.deepEqual(
      [process.args, process.command_line, process.args_count],
      [['tool', 'a b', ''], 'tool a b ', 3],
    );
    assert.equal(process.Ext.command_line_truncated, undefined);
  });

  for (const [what, args] of hostileArgs) {
    it(`are cut to 32 KiB in sum where there are ${what}, and say so`, async () => {
      const document = await execDocument({ args });
      assert.ok(
        argumentBytes(document) <= LIMIT && argumentBytes(document) > LIMIT / 2,
        `${argumentBytes(document)}`,
      );
      assert.equal(document.process.args_count, args.length);
      assert.equal(document.process.Ext.command_line_truncated, true);
      assert.equal(JSON.stringify(document).includes('\ufffd'), false);
    });
  }

  it('are within it with those of the parent and of the image before', async () => {
    const args = ['sh', '\u0001'.repeat(100_000)];
    const parent = { pid: 500, pidversion: 5_000, startTime: '2026-08-12T10:00:00.000001Z' };
    const life = {
      pid: 700,
      startTime: '2026-08-12T11:00:00.000001Z',
      parentPid: 500,
      parentPidversion: 5_000,
      args,
    };
    const found = await documents([
      execLine({ ...parent, args }),
      execLine({ ...life, pidversion: 7_000 }),
      execLine({ ...life, pidversion: 7_001 }),
    ]);
    const { process } = found[2] as Record<string, any>;
    assert.ok(
      process.parent.args[1].length > 100 &&
        process.parent.command_line.length > 100 &&
        process.previous.args[1].length > 100,
    );
    assert.ok(argumentBytes(found[2]) <= LIMIT, `${argumentBytes(found[2])}`);
  });

  it('are within it for any arguments', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 3_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 40 }), async (args) => {
        assert.ok(argumentBytes(await execDocument({ args })) <= LIMIT);
      }),
      { numRuns: 50 },
    );
  });

  it('are never cut for a rule', async () => {
    const args = ['tool', 'x'.repeat(900_000), '-d'];
    const [seen] = await mapEvents([execLine({ args })], (event) => event.args);
    assert.deepEqual(seen, args);
  });
});

describe('the code signature in a document', () => {
  const VALID = 0x1;
  const cases: [
    what: string,
    options: ExecOptions,
    exists: boolean,
    trusted: boolean,
    team: string | undefined,
  ][] = [
    ['Apple’s own', { signingId: 'com.apple.ls', platformBinary: true, csFlags: VALID }, true, true, ''],
    ['a known team’s', { signingId: 'x', teamId: 'A1B2C3D4E5', csFlags: VALID }, true, true, 'A1B2C3D4E5'],
    ['ad hoc', { signingId: 'x-5555', teamId: null, csFlags: VALID | 0x2 }, true, false, ''],
    [
      'a team’s that is no longer valid',
      { signingId: 'x', teamId: 'A1B2C3D4E5', csFlags: 0 },
      true,
      false,
      'A1B2C3D4E5',
    ],
    ['none', { signingId: null, teamId: null, csFlags: 0, cdhash: '0'.repeat(40) }, false, false, undefined],
  ];
  for (const [what, options, exists, trusted, team] of cases) {
    it(`of ${what}`, async () => {
      const { code_signature, hash } = (await execDocument(options)).process;
      assert.deepEqual(
        [code_signature.exists, code_signature.trusted, code_signature.team_id],
        [exists, trusted, team],
      );
      assert.equal(hash !== undefined, exists);
    });
  }

  it('has its flags as text and the cdhash in lower case', async () => {
    const { process } = await execDocument({ csFlags: 0x22010d01, cdhash: 'AB'.repeat(20) });
    assert.deepEqual([process.code_signature.flags, process.hash.cdhash], ['0x22010d01', 'ab'.repeat(20)]);
  });
});
