/**
 * Where the parts of a record lie, in 32-bit words: the same numbers as native/core/record.h, which a test compares.
 *
 * Text is an (offset, length) pair into the bytes of the batch, offset `ABSENT` when there is none. 64-bit integers are
 * two words, low word first. Doubles lie on even words.
 */

export const ABSENT = 0xffffffff;
export const RECORD_WORDS = 132;
/** Blocks of the acting process and of the one it acts on, from the start of the record. */
export const ACTOR_BLOCK = 36;
export const SUBJECT_BLOCK = 84;

export const Kind = { exec: 1, fork: 2, exit: 3, control: 4 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export const Header = {
  kind: 0,
  version: 1,
  schemaVersion: 2,
  presence: 3,
  timeUs: 4,
  machTime: 6,
  seqNum: 8,
  globalSeqNum: 10,
  threadId: 12,
  time: 14,
  resultType: 16,
  auth: 17,
  argsFirst: 18,
  argsCount: 19,
  commandLine: 20,
  cwd: 22,
  script: 24,
  dyldExecPath: 26,
  cpuType: 28,
  cpuSubtype: 29,
  lastFd: 30,
  exitStat: 31,
  control: 32,
  /** The record's part of the bytes of its batch. */
  ownBytes: 34,
} as const;

export const Block = {
  startUs: 0,
  auditToken: 2,
  parentToken: 10,
  responsibleToken: 18,
  blockPresence: 26,
  flags: 27,
  ppid: 28,
  originalPpid: 29,
  groupId: 30,
  sessionId: 31,
  csFlags: 32,
  validationCategory: 33,
  ttyRdev: 34,
  cdhash: 35,
  signingId: 37,
  teamId: 39,
  executable: 41,
  tty: 43,
  startTime: 45,
} as const;

/** Words of a token, in the order of audit_token_t. */
export const Token = { auid: 0, euid: 1, egid: 2, ruid: 3, rgid: 4, pid: 5, asid: 6, pidversion: 7 } as const;

export const Presence = { seqNum: 1, globalSeqNum: 2, threadId: 4, auth: 8 } as const;
export const BlockPresence = {
  parentToken: 1,
  responsibleToken: 2,
  validationCategory: 4,
  startTime: 8,
} as const;
export const BlockFlag = { platformBinary: 1, esClient: 2, executableTruncated: 4 } as const;

function prefixed(prefix: string, table: Readonly<Record<string, number>>, suffix = ''): [string, number][] {
  return Object.entries(table).map(([name, value]) => [`${prefix}${name}${suffix}`, value]);
}

function capitalised(prefix: string, table: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(table).map(([name, value]) => [
    `${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    value,
  ]);
}

/** All of the above under the names that the addon exports. */
export function layoutTable(): Record<string, number> {
  return Object.fromEntries([
    ...prefixed('header.', Header),
    ...prefixed('block.', Block),
    ['absent', ABSENT],
    ['recordWords', RECORD_WORDS],
    ['actorBlock', ACTOR_BLOCK],
    ['subjectBlock', SUBJECT_BLOCK],
    ...prefixed('', Token, 'Word'),
    ...capitalised('has', Presence),
    ...capitalised('has', BlockPresence),
    ...capitalised('is', BlockFlag),
  ]);
}
