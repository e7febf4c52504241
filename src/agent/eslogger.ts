import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { ExectapError } from '../errors.ts';
import { createPipe, Tap } from '../tap/index.ts';

/** Where macOS 13 and later have it [eslogger(1)]. */
const PROGRAM = '/usr/bin/eslogger';
const EVENTS = ['exec', 'fork', 'exit'];
/** eslogger often ignores SIGINT and a wait for it can hang, so a wait has an end. */
const STOP_TIMEOUT_MS = 2_000;
/** Characters of its standard error that are kept for the message about its end. */
const STDERR_KEPT = 4_096;

/** eslogger ended by itself; the remedy is for the cause that its own words name. */
export class EsloggerError extends ExectapError {}

/** The results of es_new_client as eslogger prints them, wherever in its sentence they stand [ESTypes.h]. */
const REMEDIES: readonly (readonly [token: string, remedy: string])[] = [
  ['ES_NEW_CLIENT_RESULT_ERR_NOT_PRIVILEGED', 'run exectap as root'],
  [
    'ES_NEW_CLIENT_RESULT_ERR_NOT_PERMITTED',
    'give Full Disk Access to the program that is responsible for exectap (the terminal, or the daemon itself) in ' +
      'System Settings › Privacy & Security, then start exectap again',
  ],
  [
    'ES_NEW_CLIENT_RESULT_ERR_TOO_MANY_CLIENTS',
    'end other Endpoint Security clients, then start exectap again',
  ],
];

/** eslogger running as a child, and the tap that reads it. */
export interface EsloggerRun {
  readonly tap: Tap;
  /** Settles when eslogger has ended: null if `stop` ended it, else why it ended. */
  readonly ended: Promise<EsloggerError | null>;
  /** SIGTERM, then SIGKILL after a bound. What it has written before still comes out of the tap, then its end. */
  stop(): Promise<void>;
  /** Lets go of the tap; after `stop`. */
  close(): Promise<void>;
}

/**
 * Starts eslogger in a session of its own: it hides the events of its own process group, and in ours it would hide
 * everything that the agent's terminal starts [eslogger(1)].
 */
export function startEslogger(program: string = PROGRAM): EsloggerRun {
  const { readEnd, writeEnd } = createPipe();
  const child = spawn(program, EVENTS, { detached: true, stdio: ['ignore', writeEnd, 'pipe'], env: {} });
  closeSync(writeEnd);
  const tap = new Tap({ fd: readEnd, live: true });
  // The tap reads from a duplicate of its own.
  closeSync(readEnd);
  let stopping = false;
  const ended = end(child, program, () => stopping);
  return {
    tap,
    ended,
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(killer);
    },
    close: () => tap.stop(),
  };
}

function end(child: ChildProcess, program: string, stopping: () => boolean): Promise<EsloggerError | null> {
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-STDERR_KEPT);
  });
  return new Promise((resolve) => {
    child.once('error', (cause) => {
      resolve(
        new EsloggerError(`${program} cannot be started: ${cause.message}`, {
          cause,
          remedy: 'eslogger needs macOS 13 or later',
        }),
      );
    });
    child.once('close', (code, signal) =>
      resolve(stopping() ? null : endedByItself(program, code, signal, words)),
    );
  });
}

function endedByItself(
  program: string,
  code: number | null,
  signal: string | null,
  words: string,
): EsloggerError {
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  const said = words.trim() === '' ? '' : `: ${words.trim()}`;
  const remedy = REMEDIES.find(([token]) => words.includes(token))?.[1];
  return new EsloggerError(`${program} ended ${how}${said}`, remedy === undefined ? {} : { remedy });
}
