import type { NewAlert } from '../store/index.ts';
import type { Trust } from '../trust/index.ts';
import type { Config } from './config.ts';
import type { ControlPlace } from './control.ts';
import type { Log, LogLevel } from './log.ts';
import type { RunCounters } from './run-record.ts';
import type { Source } from './source.ts';

export interface RunOptions {
  readonly state: string;
  readonly source: Source;
  readonly config: Config;
  readonly log: Log;
  /** Whose rules and secrets are used: installed, root's alone. */
  readonly trust: Trust;
  /** Ends a live tap, and a capture early, in order. */
  readonly signal?: AbortSignal;
  /** Where the command line can ask; nowhere without it. */
  readonly control?: ControlPlace;
  /** Reads the configuration anew, for a reload; without it only the rules are read anew. */
  readonly readConfig?: () => Config;
  readonly setLogLevel?: (level: LogLevel) => void;
  /** Told of new alerts once they are durable. */
  readonly onStored?: (alerts: readonly NewAlert[]) => void;
  /** Told of matches whose alert was there already. */
  readonly onKnown?: (alerts: readonly NewAlert[]) => void;
}

export interface RunResult extends RunCounters {
  /** Alerts that still wait for the destination. */
  readonly undelivered: number;
}
