/**
 * Builds eslogger lines in the shape that real Macs print: every key of the message version asked for, key order
 * random in every object, slashes escaped, stat objects with inode numbers above 2^53.
 *
 * The options of a process describe the subject of the event: the new image of an exec, the child of a fork, the
 * process that exits. `actor` overrides what differs for `message.process`.
 */
import { createHash } from 'node:crypto';
import { type Json, Raw, random, shuffledJson } from './eslogger-json.ts';

export interface ProcessOptions {
  pid?: number;
  pidversion?: number;
  /** Sets ruid, euid and auid unless they are given themselves. */
  uid?: number;
  ruid?: number;
  euid?: number;
  auid?: number;
  /** Sets rgid and egid unless they are given themselves. */
  gid?: number;
  rgid?: number;
  egid?: number;
  asid?: number;
  ppid?: number;
  originalPpid?: number;
  groupId?: number;
  sessionId?: number;
  parentPid?: number;
  parentPidversion?: number;
  parentUid?: number;
  responsiblePid?: number;
  responsiblePidversion?: number;
  csFlags?: number;
  platformBinary?: boolean;
  esClient?: boolean;
  /** 40 hex digits, printed in upper case; made from the path when not given. */
  cdhash?: string;
  signingId?: string | null;
  teamId?: string | null;
  path?: string;
  pathTruncated?: boolean;
  tty?: string | null;
  ttyRdev?: number;
  /** RFC 3339 with six digits, as eslogger prints it. */
  startTime?: string;
  validationCategory?: number;
}

export interface MessageOptions {
  version?: number;
  /** RFC 3339 with nine digits. */
  time?: string;
  machTime?: number | bigint;
  /** null leaves the key out. */
  seqNum?: number | bigint | null;
  globalSeqNum?: number | bigint | null;
  /** null prints `"thread":null`. */
  threadId?: number | bigint | null;
  auth?: number;
  tokenForm?: 'object' | 'array';
  escapeSlashes?: boolean;
  /** Order of the keys; the same seed gives the same bytes. */
  seed?: number;
  /** Further keys of the message, for what a newer macOS might add. */
  extra?: Record<string, Json>;
  actor?: ProcessOptions;
}

export interface ExecOptions extends ProcessOptions, MessageOptions {
  args?: readonly string[];
  env?: readonly string[];
  cwd?: string;
  script?: string | null;
  dyldExecPath?: string;
  cpuType?: number;
  cpuSubtype?: number;
  lastFd?: number;
  /** Pads the environment until the line has at least this many bytes. */
  lineBytes?: number;
}

export interface ForkOptions extends ProcessOptions, MessageOptions {}

export interface ExitOptions extends ProcessOptions, MessageOptions {
  /** wait(2) status: exit code * 256, or the signal's number. */
  stat?: number;
}

/** A line of type exec: the options describe `event.exec.target`. */
export function execLine(options: ExecOptions = {}): string {
  const line = buildExec(options, options.env ?? DEFAULT_ENV);
  const missing = (options.lineBytes ?? 0) - Buffer.byteLength(line);
  if (missing <= 0) return line;
  return buildExec(options, [...(options.env ?? DEFAULT_ENV), `PADDING=${'x'.repeat(missing)}`]);
}

/** A line of type fork: the options describe `event.fork.child`; the actor is its parent. */
export function forkLine(options: ForkOptions = {}): string {
  const version = options.version ?? DEFAULT_VERSION;
  const { actor, ...child } = options;
  const parent: ProcessOptions = {
    ...child,
    pid: child.parentPid ?? child.ppid ?? DEFAULT_PARENT.pid,
    pidversion: child.parentPidversion ?? DEFAULT_PARENT.pidversion,
    ppid: 1,
    originalPpid: 1,
    parentPid: 1,
    parentPidversion: 700,
    parentUid: 0,
    startTime: '2026-08-12T15:00:00.000001Z',
    ...actor,
  };
  return buildLine(
    11,
    { fork: { child: processObject(child, version, options.tokenForm) } },
    parent,
    options,
  );
}

/** A line of type exit: the options describe the process that ends. */
export function exitLine(options: ExitOptions = {}): string {
  const { actor, ...subject } = options;
  return buildLine(15, { exit: { stat: options.stat ?? 0 } }, { ...subject, ...actor }, options);
}

/** A line of any other event type, as eslogger prints for a subscription that is wider than ours. */
export function otherLine(
  eventType: number,
  name: string,
  options: ProcessOptions & MessageOptions & { payload?: Json } = {},
): string {
  return buildLine(eventType, { [name]: options.payload ?? {} }, { ...options, ...options.actor }, options);
}

/** A control line as `exectap tap` writes it between the events. */
export function controlLine(body: { [key: string]: Json }): string {
  return `{"exectap":${shuffledJson(body, () => 0, false)}}`;
}

const DEFAULT_VERSION = 9;
const DEFAULT_PARENT = { pid: 900, pidversion: 1800 };
const DEFAULT_TIME = '2026-08-12T15:28:33.510893468Z';
const DEFAULT_ENV = [
  'SHELL=/bin/zsh',
  'TMPDIR=/var/folders/4z/q1w2e3r4t5y6_000gn/T/',
  'USER=ada',
  'PATH=/opt/local/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  'PWD=/Users/ada/projects',
  'LANG=en_GB.UTF-8',
  'HOME=/Users/ada',
  'LOGNAME=ada',
];
/** Made objects of `stat` are kept by path: they are most of a line's bytes and of the time to build it. */
const STAT_CACHE_LIMIT = 2048;
const statCache = new Map<string, Raw>();

function buildExec(options: ExecOptions, env: readonly string[]): string {
  const version = options.version ?? DEFAULT_VERSION;
  const { actor, ...target } = options;
  const path = options.path ?? '/usr/bin/true';
  const before: ProcessOptions = {
    ...target,
    pidversion: (options.pidversion ?? 9000) - 1,
    path: '/bin/zsh',
    signingId: 'com.apple.zsh',
    teamId: null,
    platformBinary: true,
    csFlags: 637623057,
    validationCategory: 1,
    ...actor,
  };
  const exec: { [key: string]: Json } = {
    target: processObject(target, version, options.tokenForm),
    args: options.args ?? [path],
    env,
    fds: [
      { fd: 0, fdtype: 1 },
      { fd: 1, fdtype: 6, pipe: { pipe_id: 9007199254740993n } },
      { fd: 2, fdtype: 1 },
    ],
  };
  if (version >= 2) exec.script = optionalFile(options.script ?? null);
  if (version >= 3) exec.cwd = file(options.cwd ?? '/Users/ada/projects');
  if (version >= 4) exec.last_fd = options.lastFd ?? 2;
  if (version >= 6) {
    exec.image_cputype = options.cpuType ?? 16777228;
    exec.image_cpusubtype = options.cpuSubtype ?? -2147483646;
  }
  if (version >= 7) exec.dyld_exec_path = options.dyldExecPath ?? path;
  if (version >= 11)
    exec.entitlements = {
      'com.apple.private.tcc.allow': ['kTCCServiceCamera'],
      nested: { deep: [true, 1.5] },
    };
  return buildLine(9, { exec }, before, options);
}

function buildLine(
  eventType: number,
  event: { [key: string]: Json },
  actor: ProcessOptions,
  options: MessageOptions,
): string {
  const version = options.version ?? DEFAULT_VERSION;
  const seqNum = options.seqNum === undefined ? 0 : options.seqNum;
  const globalSeqNum = options.globalSeqNum === undefined ? 0 : options.globalSeqNum;
  const threadId = options.threadId === undefined ? 505819 : options.threadId;
  const message: { [key: string]: Json } = {
    schema_version: 1,
    version,
    time: options.time ?? DEFAULT_TIME,
    mach_time: options.machTime ?? 289350913517,
    event_type: eventType,
    event,
    process: processObject(actor, version, options.tokenForm),
    action_type: 1,
    action: { result: { result_type: 0, result: { auth: options.auth ?? 0 } } },
    ...options.extra,
  };
  if (version >= 2 && seqNum !== null) message.seq_num = seqNum;
  if (version >= 4) message.thread = threadId === null ? null : { thread_id: threadId };
  if (version >= 4 && globalSeqNum !== null) message.global_seq_num = globalSeqNum;
  return shuffledJson(message, random(options.seed ?? 1), options.escapeSlashes ?? true);
}

function processObject(options: ProcessOptions, version: number, form: 'object' | 'array' = 'object'): Json {
  const uid = options.uid ?? 501;
  const gid = options.gid ?? 20;
  const pid = options.pid ?? 4242;
  const ppid = options.ppid ?? options.parentPid ?? DEFAULT_PARENT.pid;
  const platform = options.platformBinary ?? false;
  const path = options.path ?? '/usr/bin/true';
  const asid = options.asid ?? 100015;
  const ids = {
    auid: options.auid ?? uid,
    euid: options.euid ?? uid,
    egid: options.egid ?? gid,
    ruid: options.ruid ?? uid,
    rgid: options.rgid ?? gid,
    pid,
    asid,
    pidversion: options.pidversion ?? 9000,
  };
  const parentUid = options.parentUid ?? uid;
  const parent = {
    ...ids,
    auid: parentUid === 0 ? 4294967295 : parentUid,
    euid: parentUid,
    ruid: parentUid,
    pid: options.parentPid ?? ppid,
    pidversion: options.parentPidversion ?? DEFAULT_PARENT.pidversion,
  };
  const object: { [key: string]: Json } = {
    audit_token: token(ids, form),
    ppid,
    original_ppid: options.originalPpid ?? ppid,
    group_id: options.groupId ?? pid,
    session_id: options.sessionId ?? ppid,
    codesigning_flags: options.csFlags ?? (platform ? 637623057 : 570556931),
    is_platform_binary: platform,
    is_es_client: options.esClient ?? false,
    cdhash: (options.cdhash ?? createHash('sha1').update(path).digest('hex')).toUpperCase(),
    signing_id: options.signingId === undefined ? 'com.example.tool' : options.signingId,
    team_id: options.teamId === undefined ? null : options.teamId,
    executable: file(path, options.pathTruncated ?? false),
  };
  if (version >= 2) object.tty = optionalFile(options.tty ?? null, options.ttyRdev ?? 268435459);
  if (version >= 3) object.start_time = options.startTime ?? '2026-08-12T15:28:33.500001Z';
  if (version >= 4) {
    object.parent_audit_token = token(parent, form);
    object.responsible_audit_token = token(
      {
        ...ids,
        pid: options.responsiblePid ?? parent.pid,
        pidversion: options.responsiblePidversion ?? parent.pidversion,
      },
      form,
    );
  }
  if (version >= 10) object.cs_validation_category = options.validationCategory ?? (platform ? 1 : 6);
  return object;
}

interface TokenIds {
  auid: number;
  euid: number;
  egid: number;
  ruid: number;
  rgid: number;
  pid: number;
  asid: number;
  pidversion: number;
}

/** macOS 26 betas print a token as the eight numbers of audit_token_t in its own order. */
function token(ids: TokenIds, form: 'object' | 'array'): Json {
  if (form === 'object') return { ...ids };
  return [ids.auid, ids.euid, ids.egid, ids.ruid, ids.rgid, ids.pid, ids.asid, ids.pidversion];
}

function optionalFile(path: string | null, rdev = 0): Json {
  return path === null ? null : file(path, false, rdev);
}

function file(path: string, truncated = false, rdev = 0): Json {
  return { path, path_truncated: truncated, stat: statOf(path, rdev) };
}

function statOf(path: string, rdev: number): Json {
  const key = `${rdev}:${path}`;
  const known = statCache.get(key);
  if (known !== undefined) return known;
  const next = random(path.length * 7919 + rdev);
  const made = new Raw(
    shuffledJson(
      {
        st_dev: 16777234,
        st_ino: 1152921500312000000n + BigInt(Math.floor(next() * 1_000_000)),
        st_mode: rdev === 0 ? 33261 : 8592,
        st_nlink: 1,
        st_uid: 0,
        st_gid: 0,
        st_rdev: rdev,
        st_size: Math.floor(next() * 9_000_000),
        st_blocks: Math.floor(next() * 9_000),
        st_blksize: 4096,
        st_flags: 524320,
        st_gen: 0,
        st_atimespec: '2026-07-09T06:27:14.000000000Z',
        st_mtimespec: '2026-07-09T06:27:14.000000000Z',
        st_ctimespec: '2026-07-09T06:27:14.104255919Z',
        st_birthtimespec: '2026-07-09T06:27:14.000000000Z',
      },
      next,
    ),
  );
  if (statCache.size >= STAT_CACHE_LIMIT) statCache.clear();
  statCache.set(key, made);
  return made;
}
