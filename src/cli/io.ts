import { once } from 'node:events';
import { isAbsolute, relative, resolve } from 'node:path';

/** What a command reads and writes through, so that tests can stand in for a terminal. */
export interface Io {
  /** Standard output. Waits while the reader is slow. */
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
  return {
    async write(text) {
      if (!process.stdout.write(text)) await once(process.stdout, 'drain');
    },
    say: (text) => void process.stderr.write(text),
    tty: process.stdout.isTTY === true,
    command: ownCommand(process.argv[1] ?? 'exectap', process.cwd()),
    now: Date.now,
  };
}

/** `exectap` where it is installed as such; in a bare clone, how node was given the script. */
export function ownCommand(script: string, cwd: string): string {
  if (!script.endsWith('.js')) return 'exectap';
  const path = relative(cwd, resolve(script));
  return `node ${path.startsWith('..') || isAbsolute(path) ? resolve(script) : path}`;
}
