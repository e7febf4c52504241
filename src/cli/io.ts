import { isAbsolute, relative, resolve } from 'node:path';
import { ExectapError } from '../errors.ts';
import { quoteArguments } from './output/printable.ts';

/** Standard output cannot be written. */
export class OutputError extends ExectapError {}

/** Whoever read standard output has gone: `| head` has seen enough. No failure, and a reason to stop. */
export class ReaderGoneError extends OutputError {}

/** What a command reads and writes through, so that tests can stand in for a terminal. */
export interface Io {
  /** Standard output. Waits while the reader is slow. @throws OutputError */
  write(text: string): Promise<void>;
  /** Standard error: what is said to a person, never data. */
  say(text: string): void;
  /** Whether standard output is a terminal. */
  readonly tty: boolean;
  /** How a person would start exectap again, for the commands that are shown. */
  readonly command: string;
  now(): number;
}

/** The process's own standard streams. */
export function processIo(): Io {
  // Every write learns of its own failure; without a listener the first one would end the process.
  process.stdout.on('error', () => undefined);
  return {
    write,
    say: (text) => void process.stderr.write(text),
    tty: process.stdout.isTTY === true,
    command: ownCommand(process.argv[1] ?? 'exectap', process.cwd()),
    now: Date.now,
  };
}

function write(text: string): Promise<void> {
  if (text === '') return Promise.resolve();
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (cause) => {
      if (cause === null || cause === undefined) resolve();
      else if ((cause as NodeJS.ErrnoException).code === 'EPIPE')
        reject(new ReaderGoneError('nobody reads any more', { cause }));
      else reject(new OutputError(`standard output cannot be written: ${cause.message}`, { cause }));
    });
  });
}

/** `exectap` where it is installed as such; in a bare clone, how node was given the script. */
export function ownCommand(script: string, cwd: string): string {
  if (!script.endsWith('.js')) return 'exectap';
  const path = relative(cwd, resolve(script));
  return `node ${quoteArguments([path.startsWith('..') || isAbsolute(path) ? resolve(script) : path])}`;
}
