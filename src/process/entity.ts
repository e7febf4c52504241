import type { ProcessImage } from './image.ts';

/**
 * One life of a pid, from its fork to its exit, through every exec. `pidversion` grows with each exec
 * [EndpointSecurity ESMessage.h], so an entity is known by every (pid, pidversion) it has had.
 */
export class ProcessEntity {
  readonly pid: number;
  /** Time of the fork, µs since the epoch; NaN when the message was too old to say. */
  readonly startUs: number;
  /** The entity that forked it, as far as it was seen; the table lets go of those beyond ANCESTRY_LIMIT. */
  parent: ProcessEntity | null;
  image: ProcessImage;
  /** The image that the last exec replaced. */
  previous: ProcessImage | null = null;
  /** The pidversion under which it was first seen. */
  readonly firstPidversion: number;
  /** The pidversions it has had, oldest first; the table bounds them. */
  readonly pidversions: number[];
  /** Event time of its exit, µs; NaN while it lives. */
  exitedUs = Number.NaN;
  /** Distance from the oldest known ancestor. */
  readonly generation: number;

  constructor(
    pid: number,
    pidversion: number,
    startUs: number,
    image: ProcessImage,
    parent: ProcessEntity | null,
  ) {
    this.pid = pid;
    this.startUs = startUs;
    this.image = image;
    this.parent = parent;
    this.firstPidversion = pidversion;
    this.pidversions = [pidversion];
    this.generation = parent === null ? 0 : parent.generation + 1;
  }

  get exited(): boolean {
    return !Number.isNaN(this.exitedUs);
  }

  /** Its known ancestors, nearest first. */
  ancestors(): ProcessEntity[] {
    const chain: ProcessEntity[] = [];
    for (let ancestor = this.parent; ancestor !== null; ancestor = ancestor.parent) chain.push(ancestor);
    return chain;
  }
}
