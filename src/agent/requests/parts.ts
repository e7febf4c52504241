import type { ProcessEvent } from '../../ecs/index.ts';
import type { ProcessEntity } from '../../process/index.ts';
import type { AlertStore, NewAlert, RunRow } from '../../store/index.ts';
import type { Exceptions } from '../exceptions.ts';
import type { Gaps } from '../gaps.ts';
import type { LogLevel } from '../log.ts';
import type { Root } from '../root-channel.ts';
import type { RunCounters } from '../run-record.ts';
import type { SelfTestResult } from '../self-test.ts';

/** What came of reading the configuration and the rules anew. */
export interface Reloaded {
  /** Rules that are evaluated from now on. */
  readonly rules: number;
  /** Rules that cannot be used. */
  readonly unusable: number;
  /** Mutes in force from now on. */
  readonly mutes: number;
  /** Settings that have changed and take effect with the next start. */
  readonly atNextStart: readonly string[];
}

/** What the requests of the command line need of the running agent. */
export interface AgentParts {
  /** Folder of the state. */
  readonly state: string;
  readonly store: AlertStore;
  readonly exceptions: Exceptions;
  readonly gaps: Pick<Gaps, 'settled'>;
  /** Whether a rule with this id is evaluated. */
  hasRule(id: string): boolean;
  /** The process with root's rights; null where everything runs in one process. */
  readonly root: Root | null;
  /** The run so far, its counters as of now. */
  run(): Omit<RunRow, 'counters'> & { readonly counters: RunCounters };
  /** Executes a program and waits until it is seen; null where no live tap is read. */
  readonly selfTest: (() => Promise<SelfTestResult>) | null;
  reload(): Promise<Reloaded>;
  /** Makes what was found durable and tries to send what waits; the number of alerts that wait on. */
  flush(): Promise<number>;
  setLogLevel(level: LogLevel): void;
  findProcess(id: string): ProcessEntity | null;
  /** Shows every event as it passes, valid only for that moment; gives what ends it. */
  watchEvents(watcher: (event: ProcessEvent) => void): () => void;
  /** Shows every new alert once it is durable; gives what ends it. */
  watchAlerts(watcher: (alerts: readonly NewAlert[]) => void): () => void;
}
