/**
 * A second reading of eslogger's lines, by JSON.parse and plain property access, to hold the decoder against. Shares
 * no code with it.
 */
import type { EventRecord, ProcessBlock } from '../../src/tap/index.ts';

type Json = Record<string, any>;

/** Everything that a record says, as one value that can be compared. */
export function recordAsValue(record: EventRecord): Json {
  return {
    kind: record.kind,
    version: record.version,
    time: record.time,
    timeUs: record.timeUs,
    machTime: record.machTime,
    seqNum: record.seqNum,
    globalSeqNum: record.globalSeqNum,
    threadId: record.threadId,
    authResult: record.authResult,
    actor: blockAsValue(record.actor),
    subject: blockAsValue(record.subject),
    argsCount: record.argsCount,
    args: record.args(),
    argsOneByOne: Array.from({ length: record.argsCount }, (_, index) => record.arg(index)),
    argsBytes: record.argsBytes,
    commandLine: record.commandLine,
    cwd: record.cwd,
    script: record.script,
    dyldExecPath: record.dyldExecPath,
    cpuType: record.cpuType,
    cpuSubtype: record.cpuSubtype,
    lastFd: record.lastFd,
    exitStat: record.exitStat,
    controlText: record.controlText,
  };
}

/** The same value read from the line itself; null when it is no exec, fork or exit. */
export function lineAsValue(line: string): Json | null {
  const message = JSON.parse(line) as Json;
  const kind = ({ 9: 1, 11: 2, 15: 3 } as Record<number, number>)[message.event_type as number];
  if (kind === undefined) return null;
  const { exec = {}, fork, exit } = message.event as Json;
  const actor = processAsValue(message.process);
  const args: string[] = (exec.args ?? []).map(wellFormed);
  const commandLine = args.join(' ');
  const auth = message.action?.result?.result_type === 0 ? message.action.result.result.auth : undefined;
  return {
    kind,
    version: message.version,
    time: message.time,
    timeUs: microseconds(message.time),
    // JSON.parse rounds integers above 2^53, so the digits are taken from the text.
    machTime: /"mach_time":(\d+)/.exec(line)![1],
    seqNum: message.seq_num ?? Number.NaN,
    globalSeqNum: message.global_seq_num ?? Number.NaN,
    threadId: message.thread?.thread_id ?? null,
    authResult: auth ?? null,
    actor,
    subject: kind === 3 ? actor : processAsValue(exec.target ?? fork.child),
    argsCount: args.length,
    args,
    argsOneByOne: args,
    argsBytes: Buffer.byteLength(commandLine),
    commandLine,
    cwd: text(exec.cwd?.path),
    script: text(exec.script?.path),
    dyldExecPath: text(exec.dyld_exec_path),
    cpuType: exec.image_cputype ?? 0,
    cpuSubtype: exec.image_cpusubtype ?? 0,
    lastFd: exec.last_fd ?? 0,
    exitStat: exit?.stat ?? 0,
    controlText: '',
  };
}

const ARRAY_ORDER = ['auid', 'euid', 'egid', 'ruid', 'rgid', 'pid', 'asid', 'pidversion'];

function token(value: Json | number[] | undefined): Json | undefined {
  if (!Array.isArray(value)) return value;
  return Object.fromEntries(ARRAY_ORDER.map((name, index) => [name, value[index]]));
}

function processAsValue(process: Json): Json {
  const own = token(process.audit_token)!;
  const parent = token(process.parent_audit_token);
  const responsible = token(process.responsible_audit_token);
  return {
    pid: own.pid,
    pidversion: own.pidversion,
    ruid: own.ruid,
    euid: own.euid,
    rgid: own.rgid,
    egid: own.egid,
    auid: own.auid,
    asid: own.asid,
    parentPid: parent?.pid ?? -1,
    parentPidversion: parent?.pidversion ?? -1,
    responsiblePid: responsible?.pid ?? -1,
    responsiblePidversion: responsible?.pidversion ?? -1,
    ppid: process.ppid,
    originalPpid: process.original_ppid,
    groupId: process.group_id,
    sessionId: process.session_id,
    csFlags: process.codesigning_flags,
    platformBinary: process.is_platform_binary,
    esClient: process.is_es_client,
    validationCategory: process.cs_validation_category ?? -1,
    cdhash: process.cdhash?.toLowerCase() ?? null,
    signingId: text(process.signing_id),
    teamId: text(process.team_id),
    executable: text(process.executable.path),
    executableTruncated: process.executable.path_truncated,
    tty: text(process.tty?.path),
    ttyRdev: process.tty?.stat.st_rdev ?? 0,
    startTime: process.start_time ?? null,
    startUs: process.start_time === undefined ? Number.NaN : microseconds(process.start_time),
  };
}

function blockAsValue(block: ProcessBlock): Json {
  return {
    pid: block.pid,
    pidversion: block.pidversion,
    ruid: block.ruid,
    euid: block.euid,
    rgid: block.rgid,
    egid: block.egid,
    auid: block.auid,
    asid: block.asid,
    parentPid: block.parentPid,
    parentPidversion: block.parentPidversion,
    responsiblePid: block.responsiblePid,
    responsiblePidversion: block.responsiblePidversion,
    ppid: block.ppid,
    originalPpid: block.originalPpid,
    groupId: block.groupId,
    sessionId: block.sessionId,
    csFlags: block.csFlags,
    platformBinary: block.platformBinary,
    esClient: block.esClient,
    validationCategory: block.validationCategory,
    cdhash: block.cdhash,
    signingId: block.signingId,
    teamId: block.teamId,
    executable: block.executable,
    executableTruncated: block.executableTruncated,
    tty: block.tty,
    ttyRdev: block.ttyRdev,
    startTime: block.startTime,
    startUs: block.startUs,
  };
}

/** A lone surrogate cannot be written in UTF-8: it becomes U+FFFD. (String.prototype.toWellFormed, Node 20) */
function wellFormed(value: string): string {
  return Buffer.from(value, 'utf8').toString('utf8');
}

function text(value: string | null | undefined): string | null {
  return value === null || value === undefined ? null : wellFormed(value);
}

function microseconds(time: string): number {
  const [, seconds, fraction = ''] = /^(.{19})(?:\.(\d+))?Z$/.exec(time)!;
  return Date.parse(`${seconds}Z`) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}
