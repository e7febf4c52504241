import { type Origin, ProcessEvent } from '../ecs/index.ts';
import { ProcessTable } from '../process/index.ts';
import { type EventRecord, Kind } from '../tap/index.ts';
import { tapStart } from './control-line.ts';

/**
 * Turns records into events: keeps the process table, and in replay takes the host from the capture's own `start`
 * lines. On a live tap the agent knows its Mac better than a line could.
 */
export class EventReader {
  readonly #replay: boolean;
  #table = new ProcessTable();
  #event: ProcessEvent;
  #bootId: string | undefined;

  constructor(origin: Origin, replay: boolean) {
    this.#replay = replay;
    this.#event = new ProcessEvent(origin, this.#table);
  }

  /** Processes forgotten because the table was full. */
  get evicted(): number {
    return this.#table.evicted;
  }

  /** The event of a record, valid until the next call; null for a control line. */
  read(record: EventRecord): ProcessEvent | null {
    if (record.kind === Kind.control) {
      if (this.#replay) this.#control(record.controlText);
      return null;
    }
    this.#event.load(record, this.#table.apply(record));
    return this.#event;
  }

  #control(line: string): void {
    const start = tapStart(line);
    if (start === null) return;
    const { origin } = this.#event;
    const sameLife = start.host.id === origin.host.id && start.bootId === this.#bootId;
    // Another Mac, or another life of it: pids and pidversions begin again.
    if (!sameLife) this.#table = new ProcessTable();
    this.#bootId = start.bootId;
    this.#event = new ProcessEvent({ ...origin, host: start.host }, this.#table);
  }
}
