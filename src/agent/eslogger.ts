import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ExectapError } from '../errors.ts';
import { createPipe, Tap, tapStateOf } from '../tap/index.ts';
import type { Config } from './config.ts';
import { pumpProgram } from './pump-program.ts';

/** exectapd gives the tap two seconds to end, then kills it; longer than that it takes for nothing else. */
const STOP_TIMEOUT_MS = 5_000;

/** The tap ended by itself; the remedy is for the cause that its own words name. */
export class EsloggerError extends ExectapError {}

/** eslogger running below a pump of our own, and the tap that reads it. */
export interface EsloggerRun {
  readonly tap: Tap;
  /** Settles when eslogger has ended: null if `stop` ended it, else why it ended. */
  readonly ended: Promise<EsloggerError | null>;
  /** Ends it within a bound. What it has written before still comes out of the tap, then its end. */
  stop(): Promise<void>;
  /** Lets go of the tap; after `stop`. */
  close(): Promise<void>;
}

export interface EsloggerOptions {
  readonly tap: Config['tap'];
  /** A stand-in; /usr/bin/eslogger unless given. */
  readonly program?: string;
}

/**
 * Starts eslogger as the daemon does, by exectapd, which here prints its stream instead of feeding a worker: the same
 * supervision, and one stream, in both shapes.
 */
export function startEslogger({ tap: { transport, pokeAfterMs }, program }: EsloggerOptions): EsloggerRun {
  const { readEnd, writeEnd } = createPipe();
  const pump = pumpProgram();
  const args = ['--print', '--development', '--transport', transport, '--poke-after', String(pokeAfterMs)];
  const child = spawn(pump, program === undefined ? args : [...args, '--tap', program], {
    // A session of its own: Ctrl-C is for us, who end it in order.
    detached: true,
    stdio: ['ignore', writeEnd, 'pipe'],
    env: {},
  });
  closeSync(writeEnd);
  const tap = new Tap({ fd: readEnd });
  // The tap reads from a duplicate of its own.
  closeSync(readEnd);
  let stopping = false;
  const ended = endOf(child, pump, () => stopping);
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

/** What the pump logs of its tap [native/daemon/tap_process.cc]. */
interface PumpLine {
  readonly message: string;
  readonly 'tap.program'?: string;
  readonly 'tap.exit'?: string;
  readonly 'tap.signal'?: string;
  readonly 'tap.words'?: string;
  readonly 'error.message'?: string;
}

function endOf(child: ChildProcess, pump: string, stopping: () => boolean): Promise<EsloggerError | null> {
  let error: EsloggerError | null = null;
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (text) => {
      const line = JSON.parse(text) as PumpLine;
      if (line.message.startsWith('refused to start'))
        error = new EsloggerError(`the tap was ${line.message}`);
      if (line.message === 'the tap cannot be started') error = notStarted(line);
      if (line.message === 'tap ended') error = endedByItself(line);
    });
  }
  return new Promise((resolve) => {
    child.once('error', (cause) => {
      resolve(
        new EsloggerError(`${pump} cannot be started: ${cause.message}`, {
          cause,
          remedy: 'build it: npm run build:native',
        }),
      );
    });
    child.once('close', (code) => {
      const unknown = new EsloggerError(`${pump} ended with code ${code}`, {
        remedy: 'run exectap with --debug',
      });
      resolve(stopping() ? null : (error ?? unknown));
    });
  });
}

function notStarted(line: PumpLine): EsloggerError {
  return new EsloggerError(`${line['tap.program']} cannot be started: ${line['error.message']}`, {
    remedy: 'eslogger needs macOS 13 or later',
  });
}

function endedByItself(line: PumpLine): EsloggerError {
  const words = line['tap.words'] ?? '';
  const signal = line['tap.signal'] ?? '-1';
  const how = signal === '-1' ? `with code ${line['tap.exit']}` : `by signal ${signal}`;
  const said = words.trim() === '' ? '' : `: ${words.trim()}`;
  const state = tapStateOf(words);
  // Here nothing starts it again, as the daemon would.
  return new EsloggerError(
    `the tap ended ${how}${said}`,
    state.name === 'ended' ? {} : { remedy: state.remedy },
  );
}
