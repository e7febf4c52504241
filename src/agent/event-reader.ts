import { type Origin, ProcessEvent } from '../ecs/index.ts';
import { type ProcessEntity, ProcessTable } from '../process/index.ts';
import { type EventRecord, Kind } from '../tap/index.ts';
import { type ControlLine, readControlLine, type TapStart } from './control-line.ts';

export interface EventReaderOptions {
  /** Told of every control line that can be read, before the event behind it. */
  readonly onControl?: (line: ControlLine) => void;
}

/** Turns records into events: keeps the process table, and takes the host from the stream's own `start` lines. */
export class EventReader {
  readonly #options: EventReaderOptions;
  #table = new ProcessTable();
  #event: ProcessEvent;
  #bootId: string | undefined;

  constructor(origin: Origin, options: EventReaderOptions = {}) {
    this.#options = options;
    this.#event = new ProcessEvent(origin, this.#table);
  }

  /** Processes forgotten because the table was full. */
  get evicted(): number {
    return this.#table.evicted;
  }

  /** The living process with this pid or entity id; null where none was seen. */
  findProcess(id: string): ProcessEntity | null {
    if (/^\d{1,10}$/.test(id)) return this.#table.findLiving(Number(id));
    for (const entity of this.#table.living()) if (this.#event.entityIdOf(entity) === id) return entity;
    return null;
  }

  /** The event of a record, valid until the next call; null for a control line. */
  read(record: EventRecord): ProcessEvent | null {
    if (record.kind === Kind.control) {
      this.#control(record.controlText);
      return null;
    }
    this.#event.load(record, this.#table.apply(record));
    return this.#event;
  }

  #control(text: string): void {
    const line = readControlLine(text);
    if (line === null) return;
    if (line.kind === 'start') this.#start(line);
    this.#options.onControl?.(line);
  }

  #start(start: TapStart): void {
    const { origin } = this.#event;
    const sameLife = start.host.id === origin.host.id && start.bootId === this.#bootId;
    // Another Mac, or another life of it: pids and pidversions begin again.
    if (!sameLife) this.#table = new ProcessTable();
    this.#bootId = start.bootId;
    this.#event = new ProcessEvent({ ...origin, host: start.host }, this.#table);
  }
}
