import { basename } from 'node:path/posix';
import { Kind } from '../tap/index.ts';
import { boundedArguments, boundedOtherLine, boundedOthers, commandLineOf } from './arguments.ts';
import { cdhashOf, isSigned, isTrusted, teamOf } from './code-signature.ts';
import type { ProcessEvent, Relative } from './event.ts';
import { ECS_VERSION, systemName } from './origin.ts';

export type Value = string | number | boolean | null | undefined;

/** The mapping types of Elasticsearch that the fields use. */
export type MappingType =
  | 'keyword'
  | 'constant_keyword'
  | 'wildcard'
  | 'match_only_text'
  | 'long'
  | 'boolean'
  | 'date';

/** One field of a document and of the language of rules. */
export interface FieldDefinition {
  readonly name: string;
  readonly type: MappingType;
  /** Where the value comes from, in the words of eslogger's lines. */
  readonly source: string;
  /** The value on an event; null or undefined where the event has none. */
  readonly read: (event: ProcessEvent) => Value | readonly Value[];
  /** The value as a document holds it, where `argumentBytes` makes it differ from what a rule sees. */
  readonly document?: (event: ProcessEvent, argumentBytes: number) => Value | readonly Value[];
}

type Read = FieldDefinition['read'];
type ReadBounded = NonNullable<FieldDefinition['document']>;

const keyword = (name: string, source: string, read: Read, document?: ReadBounded): FieldDefinition =>
  document === undefined
    ? { name, type: 'keyword', source, read }
    : { name, type: 'keyword', source, read, document };
const typed =
  (type: MappingType) =>
  (name: string, source: string, read: Read, document?: ReadBounded): FieldDefinition => ({
    ...keyword(name, source, read, document),
    type,
  });
const long = typed('long');
const boolean = typed('boolean');
const date = typed('date');
const wildcard = typed('wildcard');
const constant = typed('constant_keyword');

/** The subject of a message: exec's target, fork's child, exit's process. */
const SUBJECT = 'subject';
const TOKEN = 'subject.audit_token';

/** Only what is the same on every Mac: names are looked up by the agent on its own Mac, never in replay. */
const userName = (id: number): Value => (id === 0 ? 'root' : undefined);

const event: readonly FieldDefinition[] = [
  date('@timestamp', 'time', (e) => e.record.time),
  typed('match_only_text')('message', 'constant', () => 'Process event'),
  keyword('ecs.version', 'constant', () => ECS_VERSION),
  constant('data_stream.type', 'constant', () => 'logs'),
  constant('data_stream.dataset', 'constant', () => 'exectap.process'),
  constant('data_stream.namespace', 'configuration', (e) => e.origin.namespace),
  keyword('event.kind', 'constant', () => 'event'),
  keyword('event.category', 'constant', () => ['process']),
  keyword('event.type', 'event_type', (e) => [e.record.kind === Kind.exit ? 'end' : 'start']),
  keyword('event.action', 'event_type', (e) => e.action),
  keyword('event.outcome', 'action.result', outcome),
  keyword('event.module', 'constant', () => 'exectap'),
  keyword('event.dataset', 'constant', () => 'exectap.process'),
  keyword('event.id', 'hash of host, event_type, subject, mach_time, time', (e) => e.id),
  long('event.sequence', 'global_seq_num', (e) => present(e.record.globalSeqNum)),
  date('event.created', 'time', (e) => e.record.time),
  keyword('agent.id', 'state', (e) => e.origin.agent.id),
  keyword('agent.type', 'constant', () => 'exectap'),
  keyword('agent.version', 'constant', (e) => e.origin.agent.version),
];

const host: readonly FieldDefinition[] = [
  keyword('host.id', 'start.host.id', (e) => e.origin.host.id),
  keyword('host.name', 'start.host.name', (e) => e.origin.host.name),
  keyword('host.hostname', 'start.host.name', (e) => e.origin.host.name),
  keyword('host.architecture', 'start.host.architecture', (e) => e.origin.host.architecture),
  keyword('host.os.type', 'constant', () => 'macos'),
  keyword('host.os.platform', 'constant', () => 'macos'),
  keyword('host.os.family', 'constant', () => 'macos'),
  keyword('host.os.name', 'constant', () => 'macOS'),
  keyword('host.os.version', 'start.os.version', (e) => e.origin.host.osVersion),
  keyword('host.os.full', 'start.os', (e) => systemName(e.origin.host)),
  keyword('host.os.kernel', 'start.os.kernel', (e) => e.origin.host.kernel),
];

const user: readonly FieldDefinition[] = [
  keyword('user.id', `${TOKEN}.euid`, (e) => String(e.subject.euid)),
  keyword('user.name', `${TOKEN}.euid`, (e) => userName(e.subject.euid)),
  keyword('user.Ext.real.id', `${TOKEN}.ruid`, (e) => String(e.subject.ruid)),
  keyword('user.Ext.real.name', `${TOKEN}.ruid`, (e) => userName(e.subject.ruid)),
  keyword('group.id', `${TOKEN}.egid`, (e) => String(e.subject.egid)),
  keyword('group.Ext.real.id', `${TOKEN}.rgid`, (e) => String(e.subject.rgid)),
];

const process: readonly FieldDefinition[] = [
  long('process.pid', `${TOKEN}.pid`, (e) => e.subject.pid),
  keyword('process.entity_id', 'hash of host, pid, start_time', (e) => e.entityIdOf(e.entity)),
  keyword('process.executable', `${SUBJECT}.executable.path`, (e) => e.subject.executable),
  keyword('process.name', `${SUBJECT}.executable.path`, (e) => basename(e.subject.executable)),
  keyword(
    'process.args',
    'exec.args',
    (e) => e.args,
    (e, bytes) => boundedArguments(e, bytes).args,
  ),
  long('process.args_count', 'exec.args', (e) => e.argsCount),
  wildcard(
    'process.command_line',
    'exec.args',
    commandLineOf,
    (e, bytes) => boundedArguments(e, bytes).commandLine,
  ),
  boolean(
    'process.Ext.command_line_truncated',
    'exec.args',
    () => undefined,
    (e, bytes) => boundedArguments(e, bytes).truncated || undefined,
  ),
  date('process.start', `${SUBJECT}.start_time`, (e) => e.subject.startTime),
  date('process.end', 'time of the exit', (e) => (e.record.kind === Kind.exit ? e.record.time : undefined)),
  long('process.exit_code', 'exit.stat', exitCode),
  keyword('process.working_directory', 'exec.cwd.path', (e) => e.record.cwd),
  keyword('process.Ext.script.path', 'exec.script.path', (e) => e.record.script),
  boolean('process.interactive', `${SUBJECT}.tty`, (e) => e.subject.tty !== null),
  long('process.tty.char_device.major', `${SUBJECT}.tty.stat.st_rdev`, (e) =>
    device(e, (rdev) => rdev >>> 24),
  ),
  long('process.tty.char_device.minor', `${SUBJECT}.tty.stat.st_rdev`, (e) =>
    device(e, (rdev) => rdev & 0xffffff),
  ),
  long('process.thread.id', 'thread.thread_id', (e) => e.record.threadId),
  keyword('process.real_user.id', `${TOKEN}.ruid`, (e) => String(e.subject.ruid)),
  keyword('process.real_user.name', `${TOKEN}.ruid`, (e) => userName(e.subject.ruid)),
  keyword('process.hash.cdhash', `${SUBJECT}.cdhash`, (e) => cdhashOf(e.subject)),
  boolean('process.code_signature.exists', `${SUBJECT}.signing_id, cdhash`, (e) => isSigned(e.subject)),
  boolean('process.code_signature.trusted', `${SUBJECT}.codesigning_flags`, (e) => isTrusted(e.subject)),
  keyword('process.code_signature.signing_id', `${SUBJECT}.signing_id`, (e) => e.subject.signingId),
  keyword('process.code_signature.team_id', `${SUBJECT}.team_id`, (e) => teamOf(e.subject)),
  keyword(
    'process.code_signature.flags',
    `${SUBJECT}.codesigning_flags`,
    (e) => `0x${e.subject.csFlags.toString(16)}`,
  ),
  long('process.group_leader.pid', `${SUBJECT}.group_id`, (e) => e.subject.groupId),
  long('process.session_leader.pid', `${SUBJECT}.session_id`, (e) => e.subject.sessionId),
  keyword('process.previous.executable', 'process.executable.path of an exec', (e) => e.previous?.executable),
  keyword(
    'process.previous.args',
    'args of the exec before',
    (e) => e.previous?.arguments?.values,
    (e, bytes) => boundedOthers(e.previous?.arguments?.values, bytes),
  ),
  long('process.previous.args_count', 'args of the exec before', (e) => e.previous?.arguments?.count),
];

const parentImage = (e: ProcessEvent) => e.parent.entity?.image;
const parentArgs = (e: ProcessEvent) => parentImage(e)?.arguments?.values;

const relatives: readonly FieldDefinition[] = [
  long('process.parent.pid', `${SUBJECT}.parent_audit_token`, (e) => e.parent.pid),
  keyword('process.parent.entity_id', 'process table', (e) => relativeId(e, e.parent)),
  keyword('process.parent.executable', 'process table', (e) => parentImage(e)?.executable),
  keyword('process.parent.name', 'process table', (e) => relativeName(e.parent)),
  keyword('process.parent.args', 'process table', parentArgs, (e, bytes) =>
    boundedOthers(parentArgs(e), bytes),
  ),
  long('process.parent.args_count', 'process table', (e) => parentImage(e)?.arguments?.count),
  wildcard(
    'process.parent.command_line',
    'process table',
    (e) => parentArgs(e)?.join(' '),
    (e, bytes) => boundedOtherLine(parentArgs(e), bytes),
  ),
  boolean('process.parent.code_signature.exists', 'process table', (e) => ofParent(e, isSigned)),
  boolean('process.parent.code_signature.trusted', 'process table', (e) => ofParent(e, isTrusted)),
  keyword('process.parent.code_signature.signing_id', 'process table', (e) => parentImage(e)?.signingId),
  keyword('process.parent.code_signature.team_id', 'process table', (e) => ofParent(e, teamOf)),
  keyword('process.Ext.ancestry', 'process table', (e) =>
    nonEmpty(e.entity.ancestors().map((a) => e.entityIdOf(a))),
  ),
  long('process.Ext.effective_parent.pid', `${SUBJECT}.responsible_audit_token`, (e) => e.responsible?.pid),
  keyword('process.Ext.effective_parent.entity_id', 'process table', (e) => relativeId(e, e.responsible)),
  keyword(
    'process.Ext.effective_parent.executable',
    'process table',
    (e) => e.responsible?.entity?.image.executable,
  ),
  keyword('process.Ext.effective_parent.name', 'process table', (e) => relativeName(e.responsible)),
];

/** Every field that a document can hold and a rule can name, in the order of the documentation. */
export const FIELDS: readonly FieldDefinition[] = [...event, ...host, ...user, ...process, ...relatives];

/** A notification also comes for an exec that another client's authorisation denied [ESTypes.h, es_auth_result_t]. */
function outcome(e: ProcessEvent): Value {
  const { authResult } = e.record;
  return authResult === 0 ? 'success' : authResult === 1 ? 'failure' : 'unknown';
}

/** The exit status, or 128 + signal as shells report it; from a wait(2) status. */
function exitCode(e: ProcessEvent): Value {
  if (e.record.kind !== Kind.exit) return undefined;
  const { exitStat } = e.record;
  const signal = exitStat & 0x7f;
  return signal === 0 ? (exitStat >>> 8) & 0xff : 128 + signal;
}

/** Darwin packs major and minor as 8 and 24 bits [sys/types.h]. */
function device(e: ProcessEvent, part: (rdev: number) => number): Value {
  return e.subject.tty === null ? undefined : part(e.subject.ttyRdev);
}

function present(number: number): Value {
  return Number.isNaN(number) ? undefined : number;
}

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}

function relativeId(e: ProcessEvent, relative: Relative | null): Value {
  return relative?.entity ? e.entityIdOf(relative.entity) : undefined;
}

function relativeName(relative: Relative | null): Value {
  return relative?.entity ? basename(relative.entity.image.executable) : undefined;
}

function ofParent<T>(
  e: ProcessEvent,
  read: (image: NonNullable<ReturnType<typeof parentImage>>) => T,
): T | undefined {
  const image = parentImage(e);
  return image === undefined ? undefined : read(image);
}
