import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stage } from '../../scripts/stage.ts';
import type { Outcome } from './exectap.ts';

const STAND_IN = fileURLToPath(new URL('../stand-in/eslogger.cjs', import.meta.url));
const TEMPLATES = fileURLToPath(new URL('../../scripts/demo/keychain-dump.ndjson', import.meta.url));
/** Root's, and nobody else can write there. */
const PARENT = '/var/lib';
const WAIT_MS = 20_000;

/** Why the daemon cannot be run for real here; null where it can. */
export function whyNoDaemon(): string | null {
  if (process.platform !== 'linux') return 'its double of a Mac runs on Linux';
  if (process.getuid?.() !== 0) return 'it needs root, to have rights that it can drop';
  return workerUser() === null ? 'there is no user _exectap and no user nobody' : null;
}

interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Who the worker becomes: the installed user where there is one, else nobody. */
export function workerUser(): User | null {
  const users = new Map<string, User>();
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name = '', , uid, gid] = line.split(':');
    users.set(name, { name, uid: Number(uid), gid: Number(gid) });
  }
  return users.get('_exectap') ?? users.get('nobody') ?? null;
}

/** What test/stand-in/eslogger.cjs does; see there. */
export interface Behaviour {
  rate?: number;
  triples?: number | undefined;
  matchEvery?: number;
  announce?: number[];
  exit?: number;
  stderr?: string;
  halfLine?: boolean;
  argumentBytes?: number;
  realMix?: boolean;
  events?: string[];
  listsNothing?: boolean;
  ignores?: NodeJS.Signals[];
  crlf?: boolean;
  loseEvery?: number;
  restartEvery?: number;
  longLine?: number;
  blocks?: number;
  silentAfter?: number;
  seesSelfTests?: boolean;
}

/** For a `before`: the daemon installed, or its tests skipped with the reason. */
export function install(context: Mocha.Context): Installation {
  const why = whyNoDaemon();
  if (why !== null) {
    console.log(`      skipped: ${why}`);
    context.skip();
  }
  return new Installation();
}

export type LogLine = Record<string, unknown> & { message: string };

/** The pump, a worker and a stand-in tap, installed into a folder of root's as they would be on a host. */
export class Installation {
  readonly folder = mkdtempSync(join(PARENT, 'exectap-test-'));
  readonly user: User;

  constructor() {
    this.user = workerUser()!;
    chmodSync(this.folder, 0o755);
    stage(this.folder);
    const script = readFileSync(STAND_IN, 'utf8');
    writeFileSync(this.path('bin/eslogger'), `#!${this.path('bin/node')}\n${script}`, { mode: 0o755 });
    chmodSync(this.path('bin/eslogger'), 0o755);
    copyFileSync(TEMPLATES, this.path('bin/templates.ndjson'));
    this.reset();
  }

  /** An empty state, and a tap that does as it is told. */
  reset(behaviour: Behaviour = {}): void {
    this.behave(behaviour);
    for (const folder of ['state', 'run']) rmSync(this.path(folder), { recursive: true, force: true });
    mkdirSync(this.path('state'), { mode: 0o700 });
    chownSync(this.path('state'), this.user.uid, this.user.gid);
  }

  /** For the next start of the tap. */
  behave(behaviour: Behaviour): void {
    writeFileSync(this.path('bin/eslogger.json'), JSON.stringify(behaviour), { mode: 0o644 });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a program of root's that runs as the worker, or a file that it needs. */
  write(name: string, text: string, mode = 0o644): string {
    writeFileSync(this.path(name), text);
    chmodSync(this.path(name), mode);
    return this.path(name);
  }

  get socket(): string {
    return this.path('run/control.sock');
  }

  /** The worker's command as it is installed. */
  get worker(): string[] {
    return [
      this.path('bin/node'),
      this.path('program/dist/cli/main.js'),
      'worker',
      '--state',
      this.path('state'),
    ];
  }

  start({ worker = this.worker, options = [] as readonly string[] } = {}): RunningDaemon {
    const own = ['--user', this.user.name, '--socket', this.socket, '--socket-group', 'root'];
    const tap = ['--tap', this.path('bin/eslogger'), '--program', this.path('program')];
    return new RunningDaemon(this.path('bin/exectapd'), [...own, ...tap, ...options, '--', ...worker]);
  }

  /** Runs the installed command line, as root or as somebody else. */
  async exectap(args: readonly string[], { uid = 0, gid = 0 } = {}): Promise<Outcome> {
    const main = this.path('program/dist/cli/main.js');
    const child = spawn(this.path('bin/node'), [main, ...args], { uid, gid, cwd: '/', env: {} });
    const outcome: Outcome = { code: null, signal: null, stdout: '', stderr: '' };
    child.stdin.end();
    child.stdout.setEncoding('utf8').on('data', (text: string) => (outcome.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (outcome.stderr += text));
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { ...outcome, code, signal };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** exectapd running, and what it and its worker log. */
export class RunningDaemon {
  readonly child: ChildProcess;
  readonly lines: LogLine[] = [];
  /** Of standard output: what a stand-in for the worker says. */
  stdout = '';
  readonly ended: Promise<number | null>;
  #text = '';

  constructor(program: string, args: readonly string[]) {
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', env: {} });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.ended = once(this.child, 'exit').then(([code]) => code as number | null);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The worker that was started last, and the tap. */
  get workerPid(): number {
    return Number(this.lines.findLast((line) => line.message === 'worker started')?.['worker.pid']);
  }

  get tapPid(): number {
    return Number(
      this.lines.findLast((line) => line.message === 'tap started' && 'tap.pid' in line)?.['tap.pid'],
    );
  }

  count(message: string): number {
    return this.lines.filter((line) => line.message === message).length;
  }

  /** Waits until so many lines with this message, or for which this holds, have been logged; gives the last of them. */
  async logged(what: string | ((line: LogLine) => boolean), times = 1): Promise<LogLine> {
    const fits = typeof what === 'string' ? (line: LogLine): boolean => line.message === what : what;
    return until(
      () => {
        const found = this.lines.filter(fits);
        return found.length >= times ? found[times - 1] : undefined;
      },
      () => `not logged: ${String(what)}\n${this.lines.map((line) => JSON.stringify(line)).join('\n')}`,
    );
  }

  /** Waits until a stand-in for the worker has said a line that begins so; gives the rest of it. */
  said(start: string): Promise<string> {
    return until(
      () =>
        this.stdout
          .split('\n')
          .slice(0, -1)
          .find((line) => line.startsWith(start))
          ?.slice(start.length),
      () => `not said: ${start}\n${this.stdout}`,
    );
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }

  #read(text: string): void {
    this.#text += text;
    const lines = this.#text.split('\n');
    this.#text = lines.pop()!;
    for (const line of lines) this.lines.push(line.startsWith('{') ? JSON.parse(line) : { message: line });
  }
}

/** Asks until there is an answer. */
export async function until<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  describe: () => string = () => 'it did not come',
  waitMs = WAIT_MS,
): Promise<T> {
  const giveUpAt = performance.now() + waitMs;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (performance.now() > giveUpAt) throw new Error(describe());
    await sleep(20);
  }
}

export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** A line of /proc/PID/status, without its name [proc(5)]. */
export function processStatus(pid: number, name: string): string {
  const text = readFileSync(`/proc/${pid}/status`, 'latin1');
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '';
}
