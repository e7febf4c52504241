import type { ProcessEvent } from '../ecs/index.ts';
import type { TapStart } from './control-line.ts';

export interface OwnEventCounters {
  /** Events of the agent's own processes, which no rule sees. */
  agent: number;
  /** Events of the programs by which it tests itself. */
  selfTests: number;
}

interface Expected {
  readonly nonce: string;
  readonly seen: () => void;
}

/**
 * Knows the events that the agent itself causes: those of its own processes, and those of the programs by which it tests
 * whether it sees. They are counted and go no further. A program that the worker starts for any other reason is not one
 * of them: a worker that was taken over must not be able to hide what it does.
 */
export class OwnEvents {
  readonly counters: OwnEventCounters = { agent: 0, selfTests: 0 };
  readonly #self = process.pid;
  #tap = -1;
  #pump = -1;
  readonly #expected = new Map<number, Expected>();

  /** A tap run names the processes behind it. */
  started({ agent }: TapStart): void {
    this.#tap = agent?.tap ?? -1;
    this.#pump = agent?.pump ?? -1;
  }

  /** `seen` is called when this process is seen to execute a program with the nonce among its arguments. */
  expect(pid: number, nonce: string, seen: () => void): void {
    this.#expected.set(pid, { nonce, seen });
  }

  /** The process has ended, and with it the reason to look for it. */
  forget(pid: number): void {
    this.#expected.delete(pid);
  }

  /** Whether the event is the agent's own. */
  claims(event: ProcessEvent): boolean {
    const { pid, parentPid } = event.subject;
    // What the pump executes is the tap, the worker and pokes.
    if (pid === this.#self || pid === this.#tap || pid === this.#pump || parentPid === this.#pump) {
      this.counters.agent += 1;
      return true;
    }
    return this.#expected.size > 0 && this.#isExpected(event, pid);
  }

  #isExpected(event: ProcessEvent, pid: number): boolean {
    const expected = this.#expected.get(pid);
    if (expected === undefined) return false;
    if (event.action === 'exec' && event.args?.includes(expected.nonce) === true) expected.seen();
    this.counters.selfTests += 1;
    return true;
  }
}
