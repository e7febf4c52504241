import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The program as it is installed: compiled, started by node. `npm test` builds it first. */
export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunningExectap {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Waits until standard error holds the text. */
  says(text: string): Promise<void>;
}

interface Surroundings {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: string;
}

/** Starts `exectap ARGS`. */
export function startExectap(
  args: readonly string[],
  { env = {}, cwd, stdin }: Surroundings = {},
): RunningExectap {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, ...env } });
  const outcome: Outcome = { code: null, signal: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (outcome.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (outcome.stderr += text));
  if (stdin !== undefined) child.stdin.end(stdin);
  return {
    child,
    async says(text) {
      while (!outcome.stderr.includes(text)) await once(child.stderr, 'data');
    },
    outcome: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ ...outcome, code, signal }));
    }),
  };
}

/** Runs `exectap ARGS` to its end. */
export function exectap(args: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  return startExectap(args, { stdin: '', ...surroundings }).outcome;
}

/** Standard output as one JSON value a line. */
export function jsonLines(outcome: Outcome): any[] {
  return outcome.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
