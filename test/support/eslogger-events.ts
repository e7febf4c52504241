/** A stream of eslogger lines with a coherent process tree, for tests that need many events. */
import { type Random, random, timeText } from './eslogger-json.ts';
import {
  execLine,
  exitLine,
  forkLine,
  type MessageOptions,
  type ProcessOptions,
} from './eslogger-message.ts';

export interface Command extends ProcessOptions {
  path: string;
  args: readonly string[];
}

export interface GenerateOptions {
  version?: number;
  tokenForm?: MessageOptions['tokenForm'];
  /** First numbers of the stream, so that several streams can follow one another. */
  firstSeq?: number;
  /** Nanoseconds since the epoch of the first event. */
  startNs?: bigint;
  /** Programs that an exec may start; by default a dozen that a Mac runs all day. */
  commands?: readonly Command[];
}

interface Life {
  pid: number;
  pidversion: number;
  /** launchd once the real parent has gone. */
  parent: Life | undefined;
  originalPpid: number;
  /** undefined: the process answers for itself. */
  responsible: Life | undefined;
  alive: boolean;
  command: Command;
  uid: number;
  tty: string | null;
  startNs: bigint;
}

const COMMANDS: readonly Command[] = [
  {
    path: '/usr/bin/git',
    args: ['git', 'status', '--porcelain=v2', '--branch'],
    signingId: 'com.apple.git',
    platformBinary: true,
  },
  {
    path: '/bin/ls',
    args: ['ls', '-la', '/Users/ada/projects'],
    signingId: 'com.apple.ls',
    platformBinary: true,
  },
  {
    path: '/usr/bin/curl',
    args: ['curl', '-fsSL', 'https://example.org/install.sh'],
    signingId: 'com.apple.curl',
    platformBinary: true,
  },
  { path: '/bin/zsh', args: ['-zsh'], signingId: 'com.apple.zsh', platformBinary: true },
  {
    path: '/usr/libexec/xpcproxy',
    args: ['xpcproxy', 'com.example.agent'],
    signingId: 'com.apple.xpc.proxy',
    platformBinary: true,
  },
  {
    path: '/Applications/Editor.app/Contents/MacOS/Editor Helper',
    args: ['/Applications/Editor.app/Contents/MacOS/Editor Helper', '--type=renderer', '--lang=en-GB'],
    signingId: 'org.example.editor.helper',
    teamId: 'A1B2C3D4E5',
  },
  {
    path: '/usr/bin/osascript',
    args: ['osascript', '-e', 'display dialog "naïve café"'],
    signingId: 'com.apple.osascript',
    platformBinary: true,
  },
  {
    path: '/opt/local/bin/node',
    args: ['node', '--enable-source-maps', 'dist/cli/main.js', 'start'],
    signingId: 'node',
    teamId: 'HX7739G8FX',
  },
  {
    path: '/usr/bin/clang',
    args: ['clang', '-O2', '-Wall', '-c', 'main.c', '-o', 'main.o'],
    signingId: 'com.apple.clang',
    platformBinary: true,
  },
  {
    path: '/bin/sh',
    args: ['sh', '-c', 'ps -o pid= -p $PPID | tr -d " "'],
    signingId: 'com.apple.sh',
    platformBinary: true,
  },
  {
    path: '/usr/bin/plutil',
    args: ['plutil', '-convert', 'json', '-o', '-', 'Info.plist'],
    signingId: 'com.apple.plutil',
    platformBinary: true,
  },
  { path: '/usr/local/bin/unsigned-tool', args: ['unsigned-tool', ''], signingId: null, csFlags: 0 },
];

const LAUNCHD: Life = {
  pid: 1,
  pidversion: 700,
  parent: undefined,
  originalPpid: 0,
  responsible: undefined,
  alive: true,
  command: {
    path: '/sbin/launchd',
    args: ['/sbin/launchd'],
    signingId: 'com.apple.xpc.launchd',
    platformBinary: true,
  },
  uid: 0,
  tty: null,
  startNs: 1_786_548_000_000_000_000n,
};
const PID_MAX = 99_999;
const RESIDENTS = 40;

/**
 * Yields `count` lines, exec:fork:exit 1:2:2, every fork by a living process, every exec and exit of a living one,
 * sequence numbers without a gap. The same seed gives the same bytes. A few dozen residents are alive before the
 * first line, as on a Mac whose tap starts after its processes.
 */
export function* generateEvents(
  count: number,
  seed: number,
  options: GenerateOptions = {},
): Generator<string> {
  const stream = new EventStream(seed, options);
  const cycle = [
    () => stream.fork(),
    () => stream.fork(),
    () => stream.exec(),
    () => stream.exit(),
    () => stream.exit(),
  ];
  for (let index = 0; index < count; index += 1) yield cycle[index % cycle.length]!();
}

class EventStream {
  private readonly next: Random;
  private readonly options: GenerateOptions;
  private readonly living: Life[] = [];
  private readonly pids = new Set<number>([1]);
  private fresh: Life | undefined;
  private lastPid = 400;
  private lastVersion = 2000;
  private globalSeq: number;
  private readonly seqOf: Record<'exec' | 'fork' | 'exit', number>;
  private nowNs: bigint;

  constructor(seed: number, options: GenerateOptions) {
    this.next = random(seed);
    this.options = options;
    this.globalSeq = options.firstSeq ?? 0;
    this.seqOf = { exec: this.globalSeq, fork: this.globalSeq, exit: this.globalSeq };
    this.nowNs = options.startNs ?? 1_786_548_513_000_000_000n;
    for (let index = 0; index < RESIDENTS; index += 1) {
      const life = this.bear(index < 8 ? LAUNCHD : this.anyone());
      life.command = this.anyCommand();
      this.living.push(life);
    }
  }

  fork(): string {
    const parent = this.anyone();
    const message = this.message('fork');
    const child = this.bear(parent);
    this.living.push(child);
    this.fresh = child;
    return forkLine({ ...this.describe(child), ...message, actor: this.describe(parent) });
  }

  exec(): string {
    const life = this.fresh ?? this.anyone();
    const before = this.describe(life);
    const message = this.message('exec');
    life.command = this.anyCommand();
    life.pidversion = this.newVersion();
    return execLine({
      ...this.describe(life),
      ...message,
      args: life.command.args,
      cwd: '/Users/ada/projects',
      dyldExecPath: life.command.path,
      actor: before,
    });
  }

  exit(): string {
    const index = Math.floor(this.next() * this.living.length);
    const life = this.living[index]!;
    this.living[index] = this.living.at(-1)!;
    this.living.pop();
    this.pids.delete(life.pid);
    life.alive = false;
    if (this.fresh === life) this.fresh = undefined;
    return exitLine({ ...this.describe(life), ...this.message('exit'), stat: this.next() < 0.9 ? 0 : 256 });
  }

  private bear(parent: Life): Life {
    do {
      this.lastPid = this.lastPid >= PID_MAX ? 300 : this.lastPid + 1;
    } while (this.pids.has(this.lastPid));
    this.pids.add(this.lastPid);
    const login = parent.pid === 1 && this.next() < 0.7;
    return {
      pid: this.lastPid,
      pidversion: this.newVersion(),
      parent,
      originalPpid: parent.pid,
      responsible: parent.pid === 1 ? undefined : (parent.responsible ?? parent),
      alive: true,
      command: parent.command,
      uid: login ? 501 : parent.uid,
      tty: login && this.next() < 0.3 ? `/dev/ttys00${Math.floor(this.next() * 9)}` : parent.tty,
      startNs: this.nowNs - (this.nowNs % 1000n),
    };
  }

  private newVersion(): number {
    this.lastVersion += 1;
    return this.lastVersion;
  }

  private anyone(): Life {
    return this.living[Math.floor(this.next() * this.living.length)] ?? LAUNCHD;
  }

  private anyCommand(): Command {
    const commands = this.options.commands ?? COMMANDS;
    return commands[Math.floor(this.next() * commands.length)]!;
  }

  private message(kind: 'exec' | 'fork' | 'exit'): MessageOptions {
    this.nowNs += BigInt(Math.floor(50_000 + this.next() * 700_000));
    const message: MessageOptions = {
      time: timeText(this.nowNs),
      machTime: ((this.nowNs % 1_000_000_000_000_000n) * 3n) / 125n,
      seqNum: this.seqOf[kind],
      globalSeqNum: this.globalSeq,
      threadId: 500_000 + Math.floor(this.next() * 100_000),
      seed: Math.floor(this.next() * 4294967296),
    };
    if (this.options.version !== undefined) message.version = this.options.version;
    if (this.options.tokenForm !== undefined) message.tokenForm = this.options.tokenForm;
    this.seqOf[kind] += 1;
    this.globalSeq += 1;
    return message;
  }

  private describe(life: Life): ProcessOptions {
    if (life.parent?.alive === false) life.parent = LAUNCHD;
    const parent = life.parent ?? LAUNCHD;
    const responsible = life.responsible ?? life;
    const { args: _args, ...image } = life.command;
    return {
      ...image,
      pid: life.pid,
      pidversion: life.pidversion,
      uid: life.uid,
      gid: life.uid === 0 ? 0 : 20,
      ...(life.uid === 0 ? { auid: 4294967295 } : {}),
      ppid: parent.pid,
      originalPpid: life.originalPpid,
      parentPid: parent.pid,
      parentPidversion: parent.pidversion,
      parentUid: parent.uid,
      responsiblePid: responsible.pid,
      responsiblePidversion: responsible.pidversion,
      groupId: life.pid,
      sessionId: responsible.pid,
      tty: life.tty,
      startTime: timeText(life.startNs, 6),
    };
  }
}
