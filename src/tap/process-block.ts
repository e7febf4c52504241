import { Block, BlockFlag, BlockPresence, Token } from '../native/index.ts';
import { type Storage, textAt } from './storage.ts';

/** A process as one message describes it: the acting one, or the one it acts on. */
export interface ProcessBlock {
  readonly pid: number;
  readonly pidversion: number;
  readonly ruid: number;
  readonly euid: number;
  readonly rgid: number;
  readonly egid: number;
  /** 4294967295 when unset. */
  readonly auid: number;
  readonly asid: number;
  /** -1 when the message has no parent_audit_token (before version 4). */
  readonly parentPid: number;
  readonly parentPidversion: number;
  /** -1 when the message has no responsible_audit_token (before version 4). */
  readonly responsiblePid: number;
  readonly responsiblePidversion: number;
  readonly ppid: number;
  readonly originalPpid: number;
  readonly groupId: number;
  readonly sessionId: number;
  readonly csFlags: number;
  readonly platformBinary: boolean;
  readonly esClient: boolean;
  /** -1 before version 10. */
  readonly validationCategory: number;
  /** 40 lower-case hex digits. */
  readonly cdhash: string | null;
  readonly signingId: string | null;
  readonly teamId: string | null;
  readonly executable: string;
  /** The kernel cuts paths at 16 KiB. */
  readonly executableTruncated: boolean;
  readonly tty: string | null;
  /** Device number of the tty, 0 when there is none. */
  readonly ttyRdev: number;
  /** As in the line, with six digits. */
  readonly startTime: string | null;
  /** Microseconds since the epoch, NaN when absent (before version 3). */
  readonly startUs: number;
}

/** Reads a block lazily; nothing is kept between two reads. */
export class ProcessView implements ProcessBlock {
  storage: Storage;
  /** First word of the block. */
  base: number;

  constructor(storage: Storage, base: number) {
    this.storage = storage;
    this.base = base;
  }

  get pid(): number {
    return this.storage.ints[this.base + Block.auditToken + Token.pid]!;
  }
  get pidversion(): number {
    return this.storage.words[this.base + Block.auditToken + Token.pidversion]!;
  }
  get ruid(): number {
    return this.storage.words[this.base + Block.auditToken + Token.ruid]!;
  }
  get euid(): number {
    return this.storage.words[this.base + Block.auditToken + Token.euid]!;
  }
  get rgid(): number {
    return this.storage.words[this.base + Block.auditToken + Token.rgid]!;
  }
  get egid(): number {
    return this.storage.words[this.base + Block.auditToken + Token.egid]!;
  }
  get auid(): number {
    return this.storage.words[this.base + Block.auditToken + Token.auid]!;
  }
  get asid(): number {
    return this.storage.words[this.base + Block.auditToken + Token.asid]!;
  }
  get parentPid(): number {
    if (!this.has(BlockPresence.parentToken)) return -1;
    return this.storage.ints[this.base + Block.parentToken + Token.pid]!;
  }
  get parentPidversion(): number {
    if (!this.has(BlockPresence.parentToken)) return -1;
    return this.storage.words[this.base + Block.parentToken + Token.pidversion]!;
  }
  get responsiblePid(): number {
    if (!this.has(BlockPresence.responsibleToken)) return -1;
    return this.storage.ints[this.base + Block.responsibleToken + Token.pid]!;
  }
  get responsiblePidversion(): number {
    if (!this.has(BlockPresence.responsibleToken)) return -1;
    return this.storage.words[this.base + Block.responsibleToken + Token.pidversion]!;
  }
  get ppid(): number {
    return this.storage.ints[this.base + Block.ppid]!;
  }
  get originalPpid(): number {
    return this.storage.ints[this.base + Block.originalPpid]!;
  }
  get groupId(): number {
    return this.storage.ints[this.base + Block.groupId]!;
  }
  get sessionId(): number {
    return this.storage.ints[this.base + Block.sessionId]!;
  }
  get csFlags(): number {
    return this.storage.words[this.base + Block.csFlags]!;
  }
  get platformBinary(): boolean {
    return this.flag(BlockFlag.platformBinary);
  }
  get esClient(): boolean {
    return this.flag(BlockFlag.esClient);
  }
  get validationCategory(): number {
    if (!this.has(BlockPresence.validationCategory)) return -1;
    return this.storage.words[this.base + Block.validationCategory]!;
  }
  get cdhash(): string | null {
    return textAt(this.storage, this.base + Block.cdhash);
  }
  get signingId(): string | null {
    return textAt(this.storage, this.base + Block.signingId);
  }
  get teamId(): string | null {
    return textAt(this.storage, this.base + Block.teamId);
  }
  get executable(): string {
    return textAt(this.storage, this.base + Block.executable) ?? '';
  }
  get executableTruncated(): boolean {
    return this.flag(BlockFlag.executableTruncated);
  }
  get tty(): string | null {
    return textAt(this.storage, this.base + Block.tty);
  }
  get ttyRdev(): number {
    return this.storage.words[this.base + Block.ttyRdev]!;
  }
  get startTime(): string | null {
    return textAt(this.storage, this.base + Block.startTime);
  }
  get startUs(): number {
    return this.storage.doubles[(this.base + Block.startUs) >>> 1]!;
  }

  private has(bit: number): boolean {
    return (this.storage.words[this.base + Block.blockPresence]! & bit) !== 0;
  }
  private flag(bit: number): boolean {
    return (this.storage.words[this.base + Block.flags]! & bit) !== 0;
  }
}
