import type { ProcessEntity, ProcessImage, ProcessTable } from '../process/index.ts';
import { type EventRecord, Kind, type ProcessBlock } from '../tap/index.ts';
import { entityId, eventId } from './ids.ts';
import type { Origin } from './origin.ts';

export type Action = 'exec' | 'fork' | 'end';

/** A process as a document names it: known in full, or by its pid alone. */
export interface Relative {
  readonly pid: number;
  readonly entity: ProcessEntity | null;
}

/**
 * What rules are evaluated on and documents are built from: a record, with who its processes are.
 * A cursor: `load` moves it to the next record, and what it computed for the last one is gone.
 */
export class ProcessEvent {
  origin: Origin;
  record!: EventRecord;
  /** The entity of the subject: exec's target, fork's child, exit's process. */
  entity!: ProcessEntity;
  readonly #table: ProcessTable;
  #args: readonly string[] | null = null;
  #parent: Relative | null = null;

  constructor(origin: Origin, table: ProcessTable) {
    this.origin = origin;
    this.#table = table;
  }

  load(record: EventRecord, entity: ProcessEntity): void {
    this.record = record;
    this.entity = entity;
    this.#args = null;
    this.#parent = null;
  }

  get action(): Action {
    const { kind } = this.record;
    return kind === Kind.exec ? 'exec' : kind === Kind.fork ? 'fork' : 'end';
  }

  get subject(): ProcessBlock {
    return this.record.subject;
  }

  get id(): string {
    const { record } = this;
    return eventId(this.origin.host.id, this.action, record.subject, record.machTime, record.time);
  }

  /** Every argument of an exec; on a fork and an exit those that the table kept of the process's last exec. */
  get args(): readonly string[] | null {
    if (this.record.kind !== Kind.exec) return this.entity.image.arguments?.values ?? null;
    this.#args ??= this.record.args();
    return this.#args;
  }

  get argsCount(): number | null {
    return this.record.kind === Kind.exec
      ? this.record.argsCount
      : (this.entity.image.arguments?.count ?? null);
  }

  /** The image that this exec replaced; null on forks and exits. */
  get previous(): ProcessImage | null {
    return this.record.kind === Kind.exec ? this.entity.previous : null;
  }

  /** By parent_audit_token, which names the parent of now; original_ppid where the message is older than the token. */
  get parent(): Relative {
    this.#parent ??= this.#findParent();
    return this.#parent;
  }

  #findParent(): Relative {
    const { parentPid, parentPidversion, originalPpid } = this.subject;
    if (parentPid < 0) return { pid: originalPpid, entity: this.#table.findLiving(originalPpid) };
    const named = this.#table.find(parentPid, parentPidversion);
    if (named !== null) return { pid: parentPid, entity: named };
    // An exec of the parent was not seen: the token is unknown, the process that forked this one is not.
    const forker = this.entity.parent;
    return { pid: parentPid, entity: forker?.pid === parentPid ? forker : null };
  }

  /** The responsible process: who asked for this one, on macOS often not its parent. Null before message version 4. */
  get responsible(): Relative | null {
    const { responsiblePid, responsiblePidversion } = this.subject;
    if (responsiblePid < 0) return null;
    return { pid: responsiblePid, entity: this.#table.find(responsiblePid, responsiblePidversion) };
  }

  entityIdOf(entity: ProcessEntity): string {
    return entityId(this.origin.host.id, entity.pid, entity.startUs, entity.firstPidversion);
  }
}
