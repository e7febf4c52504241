import { ACTOR_BLOCK, Header, Kind, Presence, RECORD_WORDS, SUBJECT_BLOCK } from '../native/index.ts';
import { type ProcessBlock, ProcessView } from './process-block.ts';
import { ENDED_STORAGE, type Storage, storageOf, textAt, uint64At, uint64TextAt } from './storage.ts';

/** One decoded event or control line. Every property is read from the batch when it is asked for. */
export interface EventRecord {
  readonly kind: number;
  /** es_message_t.version, which macOS raises with its releases. */
  readonly version: number;
  /** As in the line, with its nine digits. */
  readonly time: string;
  /** Microseconds since the epoch. */
  readonly timeUs: number;
  /** Mach absolute ticks in decimal, exact above 2^53. */
  readonly machTime: string;
  /** Of this event type; NaN when absent. */
  readonly seqNum: number;
  /** Of the whole stream; NaN when absent (before version 4). */
  readonly globalSeqNum: number;
  readonly threadId: number | null;
  /** 0 allowed, 1 denied; null when the result is not of the auth form. */
  readonly authResult: number | null;
  /** message.process: before the exec, the parent of a fork. */
  readonly actor: ProcessBlock;
  /** exec.target, fork.child; for exit the actor. */
  readonly subject: ProcessBlock;
  readonly argsCount: number;
  arg(index: number): string;
  args(): string[];
  /** Bytes of UTF-8 of the command line. */
  readonly argsBytes: number;
  /** The arguments with one space between. */
  readonly commandLine: string;
  readonly cwd: string | null;
  readonly script: string | null;
  readonly dyldExecPath: string | null;
  readonly cpuType: number;
  readonly cpuSubtype: number;
  readonly lastFd: number;
  /** wait(2) status of an exit. */
  readonly exitStat: number;
  /** The line itself, when it is a control line. */
  readonly controlText: string;
  /** A copy that outlives the batch. */
  retain(): EventRecord;
}

/** A record at `base` of a storage; moved from record to record, so that a batch needs one. */
export class RecordView implements EventRecord {
  private storage: Storage;
  private base = 0;
  private readonly actorView: ProcessView;
  private readonly subjectView: ProcessView;

  constructor(storage: Storage) {
    this.storage = storage;
    this.actorView = new ProcessView(storage, ACTOR_BLOCK);
    this.subjectView = new ProcessView(storage, SUBJECT_BLOCK);
  }

  /** Moves to the record with this index in the batch. */
  moveTo(index: number): void {
    this.base = index * RECORD_WORDS;
    this.actorView.base = this.base + ACTOR_BLOCK;
    this.subjectView.base = this.base + SUBJECT_BLOCK;
  }

  /** Makes every later read throw. */
  end(): void {
    this.storage = ENDED_STORAGE;
    this.actorView.storage = ENDED_STORAGE;
    this.subjectView.storage = ENDED_STORAGE;
  }

  get kind(): number {
    return this.word(Header.kind);
  }
  get version(): number {
    return this.word(Header.version);
  }
  get time(): string {
    return this.text(Header.time) ?? '';
  }
  get timeUs(): number {
    return this.storage.doubles[(this.base + Header.timeUs) >>> 1]!;
  }
  get machTime(): string {
    return uint64TextAt(this.storage, this.base + Header.machTime);
  }
  get seqNum(): number {
    return this.has(Presence.seqNum) ? uint64At(this.storage, this.base + Header.seqNum) : Number.NaN;
  }
  get globalSeqNum(): number {
    return this.has(Presence.globalSeqNum)
      ? uint64At(this.storage, this.base + Header.globalSeqNum)
      : Number.NaN;
  }
  get threadId(): number | null {
    return this.has(Presence.threadId) ? uint64At(this.storage, this.base + Header.threadId) : null;
  }
  get authResult(): number | null {
    return this.has(Presence.auth) && this.word(Header.resultType) === 0 ? this.word(Header.auth) : null;
  }
  get actor(): ProcessBlock {
    return this.actorView;
  }
  get subject(): ProcessBlock {
    return this.kind === Kind.exit ? this.actorView : this.subjectView;
  }
  get argsCount(): number {
    return this.word(Header.argsCount);
  }
  get argsBytes(): number {
    return this.word(Header.commandLine + 1);
  }
  get commandLine(): string {
    return this.text(Header.commandLine) ?? '';
  }
  get cwd(): string | null {
    return this.text(Header.cwd);
  }
  get script(): string | null {
    return this.text(Header.script);
  }
  get dyldExecPath(): string | null {
    return this.text(Header.dyldExecPath);
  }
  get cpuType(): number {
    return this.int(Header.cpuType);
  }
  get cpuSubtype(): number {
    return this.int(Header.cpuSubtype);
  }
  get lastFd(): number {
    return this.int(Header.lastFd);
  }
  get exitStat(): number {
    return this.int(Header.exitStat);
  }
  get controlText(): string {
    return this.text(Header.control) ?? '';
  }

  /** @throws {RangeError} when there is no argument with this index. */
  arg(index: number): string {
    if (!Number.isInteger(index) || index < 0 || index >= this.argsCount) {
      throw new RangeError(`argument ${index} of ${this.argsCount}`);
    }
    return this.argAt(index);
  }

  args(): string[] {
    const all: string[] = [];
    for (let index = 0; index < this.argsCount; index += 1) all.push(this.argAt(index));
    return all;
  }

  retain(): EventRecord {
    const { storage, base } = this;
    const firstByte = this.word(Header.ownBytes);
    const firstArg = this.word(Header.argsFirst);
    const byte = firstByte - storage.textFirst;
    const arg = (firstArg - storage.argsFirst) * 2;
    const copy = new RecordView(
      storageOf(
        storage.words.slice(base, base + RECORD_WORDS).buffer,
        storage.args.slice(arg, arg + this.argsCount * 2).buffer,
        Uint8Array.prototype.slice.call(storage.text, byte, byte + this.word(Header.ownBytes + 1)).buffer,
        firstArg,
        firstByte,
      ),
    );
    return copy;
  }

  private argAt(index: number): string {
    const { args, text, argsFirst, textFirst } = this.storage;
    const pair = (this.word(Header.argsFirst) - argsFirst + index) * 2;
    const start = args[pair]! - textFirst;
    return text.toString('utf8', start, start + args[pair + 1]!);
  }
  private word(field: number): number {
    return this.storage.words[this.base + field]!;
  }
  private int(field: number): number {
    return this.storage.ints[this.base + field]!;
  }
  private text(field: number): string | null {
    return textAt(this.storage, this.base + field);
  }
  private has(bit: number): boolean {
    return (this.word(Header.presence) & bit) !== 0;
  }
}
