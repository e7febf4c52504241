/**
 * Writes scripts/demo/keychain-dump.ndjson: an invented half minute on an invented Mac, in the shape of eslogger's
 * lines. Run with: node --import=tsx scripts/demo/make-capture.ts
 */
import { writeFileSync } from 'node:fs';
import {
  controlLine,
  type ExecOptions,
  execLine,
  exitLine,
  forkLine,
  type ProcessOptions,
  timeText,
} from '../../test/support/eslogger-lines.ts';

const START_NS = 1_795_491_012_000_000_000n; // 2026-11-24T03:30:12Z
const TICKS_PER_SECOND = 24_000_000n; // Apple silicon: timebase 125/3

const APPLE: ProcessOptions = {
  platformBinary: true,
  csFlags: 0x26016c01,
  teamId: null,
  validationCategory: 1,
};
const ALICE: ProcessOptions = { uid: 501, gid: 20, asid: 100015 };
const TERMINAL_TTY: ProcessOptions = { tty: '/dev/ttys003', ttyRdev: 0x10000003 };

const terminal = { pid: 612, pidversion: 1404 };
const login = { pid: 4702, pidversion: 10_211 };
const shell = { pid: 4703, pidversion: 10_213 };

const lines: string[] = [
  controlLine({
    start: {
      source: 'eslogger',
      host: { id: '6C1D9F0A-5B7E-4E57-9D55-2F6B8A3C7E10', name: 'mbp-demo', architecture: 'arm64' },
      os: { version: '26.1', build: '25B78' },
      boot_id: '0E6E3A52-8C0B-4A53-A6B0-6D0B2F8C1A77',
    },
  }),
];
const perType = new Map<string, number>();
let global = 0;

/** What every message carries beside its subject: the clock, the numbers, and the order of the keys. */
function envelope(type: string, milliseconds: number) {
  const ns = START_NS + BigInt(milliseconds) * 1_000_000n + 345_678n;
  const seqNum = perType.get(type) ?? 0;
  perType.set(type, seqNum + 1);
  global += 1;
  return {
    version: 10,
    time: timeText(ns),
    machTime: 318_342_000_000n + ((ns - START_NS) * TICKS_PER_SECOND) / 1_000_000_000n,
    seqNum,
    globalSeqNum: global - 1,
    seed: global,
    env: ['PATH=/usr/bin:/bin:/usr/sbin:/sbin', 'HOME=/Users/alice', 'SHELL=/bin/zsh'],
  };
}

const startTime = (milliseconds: number): string => timeText(START_NS + BigInt(milliseconds) * 1_000_000n, 6);

interface Child {
  pid: number;
  pidversion: number;
  forkedAt: number;
  parent: { pid: number; pidversion: number };
  parentImage: ProcessOptions;
}

/** Everything of a process that does not change with its image. */
function life({ pid, pidversion, forkedAt, parent }: Child): ProcessOptions {
  return {
    ...ALICE,
    pid,
    pidversion,
    startTime: startTime(forkedAt),
    ppid: parent.pid,
    originalPpid: parent.pid,
    parentPid: parent.pid,
    parentPidversion: parent.pidversion,
    responsiblePid: terminal.pid,
    responsiblePidversion: terminal.pidversion,
    sessionId: login.pid,
  };
}

function fork(child: Child): void {
  const { parent, parentImage } = child;
  const actor = { ...parentImage, ...parent, startTime: startTime(-5_000) };
  lines.push(forkLine({ ...envelope('fork', child.forkedAt), ...parentImage, ...life(child), actor }));
}

function exec(child: Child, after: number, image: ExecOptions): void {
  const next = { ...child, pidversion: child.pidversion + 1 };
  const actor = { ...child.parentImage, ...life(child) };
  lines.push(execLine({ ...envelope('exec', child.forkedAt + after), ...image, ...life(next), actor }));
}

function exit(child: Child, after: number, image: ProcessOptions, stat: number): void {
  lines.push(
    exitLine({
      ...envelope('exit', child.forkedAt + after),
      ...image,
      ...life({ ...child, pidversion: child.pidversion + 1 }),
      stat,
    }),
  );
}

const TERMINAL: ProcessOptions = {
  ...APPLE,
  path: '/System/Applications/Utilities/Terminal.app/Contents/MacOS/Terminal',
  signingId: 'com.apple.Terminal',
  tty: null,
};
const LOGIN: ExecOptions = {
  ...APPLE,
  ...TERMINAL_TTY,
  path: '/usr/bin/login',
  signingId: 'com.apple.login',
  args: ['login', '-pf', 'alice'],
  cwd: '/Users/alice',
};
const ZSH: ExecOptions = {
  ...APPLE,
  ...TERMINAL_TTY,
  path: '/bin/zsh',
  signingId: 'com.apple.zsh',
  args: ['-zsh'],
  cwd: '/Users/alice',
};
const SECURITY: ExecOptions = {
  ...APPLE,
  ...TERMINAL_TTY,
  path: '/usr/bin/security',
  signingId: 'com.apple.security',
  cwd: '/Users/alice',
};
const LS: ExecOptions = {
  ...APPLE,
  ...TERMINAL_TTY,
  path: '/bin/ls',
  signingId: 'com.apple.ls',
  cwd: '/Users/alice',
};

const loginLife: Child = {
  pid: login.pid,
  pidversion: login.pidversion - 1,
  forkedAt: 0,
  parent: terminal,
  parentImage: TERMINAL,
};
fork(loginLife);
exec(loginLife, 3, LOGIN);

const shellLife: Child = {
  pid: shell.pid,
  pidversion: shell.pidversion - 1,
  forkedAt: 60,
  parent: login,
  parentImage: LOGIN,
};
fork(shellLife);
exec(shellLife, 2, ZSH);

/** What alice, or somebody at her keyboard, types. */
const typed: [milliseconds: number, image: ExecOptions, args: string[], stat: number][] = [
  [4_200, LS, ['ls', '-la', 'Library/Keychains'], 0],
  [9_700, SECURITY, ['security', 'list-keychains'], 0],
  [14_100, SECURITY, ['security', 'dump-keychain', 'login.keychain-db'], 0],
  [
    21_300,
    SECURITY,
    ['security', 'dump-keychain', '-d', '/Users/alice/Library/Keychains/login.keychain-db'],
    0,
  ],
];
typed.forEach(([forkedAt, image, args, stat], index) => {
  const child: Child = {
    pid: 4_711 + index * 3,
    pidversion: 10_240 + index * 2,
    forkedAt,
    parent: shell,
    parentImage: ZSH,
  };
  fork(child);
  exec(child, 2, { ...image, args });
  exit(child, 240, image, stat);
});

writeFileSync(new URL('./keychain-dump.ndjson', import.meta.url), lines.map((line) => `${line}\n`).join(''));
