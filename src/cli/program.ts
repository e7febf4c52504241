import { Command } from 'commander';
import { VERSION } from '../agent/index.ts';
import { alertsCommand } from './alerts.ts';
import { configCommand } from './config.ts';
import { convertCommand } from './convert.ts';
import { exceptionsCommand } from './exceptions.ts';
import { gapsCommand } from './gaps.ts';
import { healthCommand } from './health.ts';
import type { Io } from './io.ts';
import { flushCommand, logLevelCommand, reloadCommand, respondCommand } from './operations.ts';
import { socketOption, stateOption } from './options.ts';
import { queryCommand } from './query.ts';
import { replayCommand } from './replay.ts';
import { rulesCommand } from './rules.ts';
import { runCommand } from './run.ts';
import { selftestCommand } from './selftest.ts';
import { startCommand } from './start.ts';
import { statusCommand } from './status.ts';
import { tailCommand } from './tail.ts';
import { tapCommand } from './tap.ts';
import { workerCommand } from './worker.ts';

/** The whole command line; every verb is a file of its own. */
export function buildProgram(io: Io): Command {
  const program = new Command('exectap')
    .description('Taps process executions on a Mac, runs EQL detection rules on them, and keeps the alerts.')
    .version(VERSION)
    .addOption(stateOption())
    .addOption(socketOption())
    .option('--debug', 'show the place of a fault in the program')
    .showHelpAfterError('(exectap --help lists the commands)')
    .addHelpText(
      'after',
      `
Examples:
  sudo exectap run                                  tap this Mac until Ctrl-C
  sudo eslogger exec fork exit | exectap run --source -
  exectap replay capture.ndjson                     what would have been found?
  exectap alerts list --status open --since 1d
  exectap alerts show 3f2a9c41

Exit codes: 0 done, 1 it failed, 2 wrong usage.`,
    );
  for (const verb of [
    startCommand,
    runCommand,
    replayCommand,
    convertCommand,
    alertsCommand,
    statusCommand,
    healthCommand,
    gapsCommand,
    selftestCommand,
    tailCommand,
    tapCommand,
    queryCommand,
    rulesCommand,
    exceptionsCommand,
    configCommand,
    reloadCommand,
    flushCommand,
    logLevelCommand,
    respondCommand,
  ]) {
    program.addCommand(verb(io));
  }
  program.addCommand(workerCommand(io), { hidden: true });
  settle(program, io);
  return program;
}

/** Commander's own output and exits go through the same channels, on the verbs below a verb too. */
function settle(command: Command, io: Io): void {
  command
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      // Help that nobody reads is no failure.
      writeOut: (text) => void io.write(text).catch(() => undefined),
      writeErr: (text) => io.say(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'exectap: ')),
    });
  for (const child of command.commands) settle(child, io);
}
