import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Command } from 'commander';
import { chooseSource, pumpProgram } from '../agent/index.ts';
import { ExectapError, messageOf } from '../errors.ts';
import type { Io } from './io.ts';
import { notEmpty } from './options.ts';

export function tapCommand(_io: Io): Command {
  return new Command('tap')
    .description('this Mac’s events as eslogger prints them, with control lines: a capture that is complete')
    .option('--program <path>', 'a program that is started instead of eslogger', notEmpty)
    .action((options: { program?: string }) => tap(options));
}

/** The pump prints its own stream, so that a capture is what a worker would have been given. */
async function tap({ program }: { program?: string }): Promise<void> {
  if (program === undefined) chooseSource('eslogger');
  // As root the files that are executed must be root's alone.
  const trust = process.geteuid?.() === 0 && program === undefined ? [] : ['--development'];
  const which = program === undefined ? [] : ['--tap', program];
  const pump = pumpProgram();
  const child = spawn(pump, ['--print', ...trust, ...which], { stdio: ['ignore', 'inherit', 'inherit'] });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) process.exitCode = 1;
  } catch (cause) {
    throw new ExectapError(`${pump} cannot be started: ${messageOf(cause)}`, {
      cause,
      remedy: 'build it: npm run build:native',
    });
  }
}
