import { type EventRecord, Kind, type ProcessBlock } from '../tap/index.ts';
import { ProcessEntity } from './entity.ts';
import { imageOf } from './image.ts';

/** How long an exited process stays known, in event time: events of its children arrive late. */
const GRACE_US = 60_000_000;
/** How many exited processes stay known at most, whatever the grace. */
const EXITED_LIMIT = 4_096;
/** How many processes are known at most. macOS allows 2,000 to 10,000 processes (kern.maxproc). */
export const PROCESS_LIMIT = 20_000;
/** How many pidversions of one process are known at a time: one that execs itself for ever has no end of them. */
export const TOKEN_LIMIT = 64;
/** How many ancestors an entity keeps alive: a chain of daemons that fork and exit would grow for ever. */
export const ANCESTRY_LIMIT = 64;

/**
 * Who is who: every process seen, by pid and by (pid, pidversion), with its image and its parent.
 * Feed it every record in order with `apply`; it answers with the entity that the record is about.
 */
export class ProcessTable {
  readonly #byPid = new Map<number, ProcessEntity>();
  readonly #byToken = new Map<number, ProcessEntity>();
  #exited: ProcessEntity[] = [];
  #exitedHead = 0;
  readonly #limit: number;
  /** Processes forgotten before they were known to have exited, because the table was full. */
  evicted = 0;

  constructor(limit: number = PROCESS_LIMIT) {
    this.#limit = limit;
  }

  /** How many processes are known, exited ones in their grace included. */
  get size(): number {
    return this.#byPid.size + this.#exited.length - this.#exitedHead;
  }

  /** Takes in one exec, fork or exit and returns the entity of its subject. */
  apply(record: EventRecord): ProcessEntity {
    this.#reap(record.timeUs);
    const actor = this.#actor(record.actor);
    if (record.kind === Kind.fork) return this.#fork(record, actor);
    if (record.kind === Kind.exec) return this.#exec(record, actor);
    return this.#exit(record, actor);
  }

  /** The process that a parent or responsible token names, if it was seen. */
  find(pid: number, pidversion: number): ProcessEntity | null {
    return this.#byToken.get(tokenKey(pid, pidversion)) ?? null;
  }

  /** The living process of this pid, for messages that carry no token. */
  findLiving(pid: number): ProcessEntity | null {
    return this.#byPid.get(pid) ?? null;
  }

  /** Every process that has not exited, as far as it was seen. */
  living(): Iterable<ProcessEntity> {
    return this.#byPid.values();
  }

  #actor(block: ProcessBlock): ProcessEntity {
    const known = this.find(block.pid, block.pidversion);
    if (known !== null) return known;
    const living = this.#byPid.get(block.pid);
    if (living !== undefined && sameLife(living, block)) {
      // An exec of it was not seen: the block shows the image, nothing shows its arguments.
      living.image = imageOf(block, null);
      this.#addToken(living, block.pidversion);
      return living;
    }
    return this.#add(block, this.#parentOf(block), null);
  }

  #fork(record: EventRecord, actor: ProcessEntity): ProcessEntity {
    const child = record.subject;
    const known = this.find(child.pid, child.pidversion);
    if (known !== null) return known;
    const entity = this.#add(child, actor, null);
    if (actor.image.executable === child.executable) entity.image = actor.image;
    return entity;
  }

  #exec(record: EventRecord, actor: ProcessEntity): ProcessEntity {
    const target = record.subject;
    const known = this.find(target.pid, target.pidversion);
    if (known !== null) {
      // A later event came first and showed the new image, though not its arguments.
      if (known.image.arguments === null && known.pidversions.at(-1) === target.pidversion)
        known.image = imageOf(target, record);
      return known;
    }
    actor.previous = actor.image;
    actor.image = imageOf(target, record);
    this.#addToken(actor, target.pidversion);
    return actor;
  }

  #exit(record: EventRecord, actor: ProcessEntity): ProcessEntity {
    if (!actor.exited) {
      actor.exitedUs = record.timeUs;
      if (this.#byPid.get(actor.pid) === actor) this.#byPid.delete(actor.pid);
      this.#exited.push(actor);
    }
    return actor;
  }

  #parentOf(block: ProcessBlock): ProcessEntity | null {
    const parent =
      block.parentPid >= 0
        ? this.find(block.parentPid, block.parentPidversion)
        : this.findLiving(block.originalPpid);
    return parent !== null && parent.pid !== block.pid ? parent : null;
  }

  #add(block: ProcessBlock, parent: ProcessEntity | null, exec: EventRecord | null): ProcessEntity {
    const entity = new ProcessEntity(
      block.pid,
      block.pidversion,
      block.startUs,
      imageOf(block, exec),
      parent,
    );
    if (entity.generation >= ANCESTRY_LIMIT) cutAncestry(entity);
    const before = this.#byPid.get(block.pid);
    if (before !== undefined) {
      // The pid is used again although its exit was not seen.
      before.exitedUs = block.startUs;
      this.#exited.push(before);
    }
    this.#byPid.set(block.pid, entity);
    this.#byToken.set(tokenKey(block.pid, block.pidversion), entity);
    if (this.size > this.#limit) this.#evict();
    return entity;
  }

  #addToken(entity: ProcessEntity, pidversion: number): void {
    if (entity.pidversions.length >= TOKEN_LIMIT)
      this.#byToken.delete(tokenKey(entity.pid, entity.pidversions.shift()!));
    entity.pidversions.push(pidversion);
    this.#byToken.set(tokenKey(entity.pid, pidversion), entity);
  }

  #reap(nowUs: number): void {
    while (this.#exitedHead < this.#exited.length) {
      const oldest = this.#exited[this.#exitedHead]!;
      const waiting = this.#exited.length - this.#exitedHead;
      if (waiting <= EXITED_LIMIT && nowUs - oldest.exitedUs < GRACE_US) break;
      this.#forget(oldest);
      this.#exitedHead += 1;
    }
    if (this.#exitedHead > EXITED_LIMIT) {
      this.#exited = this.#exited.slice(this.#exitedHead);
      this.#exitedHead = 0;
    }
  }

  #evict(): void {
    if (this.#exitedHead < this.#exited.length) {
      this.#forget(this.#exited[this.#exitedHead]!);
      this.#exitedHead += 1;
      return;
    }
    const oldest = this.#byPid.values().next().value;
    if (oldest === undefined) return;
    this.#byPid.delete(oldest.pid);
    this.#forget(oldest);
    this.evicted += 1;
  }

  #forget(entity: ProcessEntity): void {
    for (const pidversion of entity.pidversions) this.#byToken.delete(tokenKey(entity.pid, pidversion));
  }
}

/** Both are unsigned 32 bit and pids stay far below 2^21, so the product is exact in a double. */
function tokenKey(pid: number, pidversion: number): number {
  return pid * 0x1_0000_0000 + pidversion;
}

function sameLife(entity: ProcessEntity, block: ProcessBlock): boolean {
  return entity.startUs === block.startUs;
}

function cutAncestry(entity: ProcessEntity): void {
  let ancestor: ProcessEntity | null = entity;
  for (let step = 0; step < ANCESTRY_LIMIT && ancestor !== null; step += 1) ancestor = ancestor.parent;
  if (ancestor !== null) ancestor.parent = null;
}
