#!/usr/bin/env node
import { CommanderError } from 'commander';
import { ExectapError, messageOf, UsageError } from '../errors.ts';
import { processIo, ReaderGoneError } from './io.ts';
import { printable } from './output/printable.ts';
import { buildProgram } from './program.ts';

/** Exit codes: 0 done, 1 it failed, 2 wrong usage. */
async function main(): Promise<number> {
  const io = processIo();
  const program = buildProgram(io);
  try {
    await program.parseAsync(process.argv);
    // A verb whose answer is no sets it.
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof ReaderGoneError) return 0;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const debug = program.opts<{ debug?: boolean }>().debug === true;
    io.say(describe(error, debug));
    return error instanceof UsageError ? 2 : 1;
  }
}

function describe(error: unknown, debug: boolean): string {
  const lines = messageOf(error)
    .split('\n')
    .map((line) => `exectap: ${printable(line)}`);
  if (error instanceof ExectapError && error.remedy !== undefined) lines.push(`  ${printable(error.remedy)}`);
  if (!(error instanceof ExectapError) && !debug)
    lines.push('  this is a fault of exectap; run it again with --debug for its place');
  if (debug && error instanceof Error)
    lines.push(error.stack ?? '', ...(error.cause ? [`caused by: ${messageOf(error.cause)}`] : []));
  return `${lines.join('\n')}\n`;
}

process.exitCode = await main();
