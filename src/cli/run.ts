import { Command, Option } from 'commander';
import {
  type Config,
  chooseSource,
  createLog,
  DEFAULT_CONFIG,
  defaultStateDirectory,
  type LogLevel,
  readConfig,
  runAgent,
  sourceName,
} from '../agent/index.ts';
import type { Io } from './io.ts';
import { type CommonOptions, notEmpty, rulesOption } from './options.ts';
import { count, decodeFaults, runSummary } from './output/summary.ts';
import { stopSignal } from './signals.ts';

interface Options extends CommonOptions {
  source?: string;
  config?: string;
  rules?: string[];
  logLevel: LogLevel;
}

export function runCommand(io: Io): Command {
  return new Command('run')
    .description('the agent in the foreground: taps, detects, stores, sends')
    .option(
      '--source <source>',
      'auto, eslogger, endpoint-security, the path of a capture, or - for standard input',
      notEmpty,
    )
    .option('--config <file>', 'YAML configuration: state, source, namespace, destination', notEmpty)
    .addOption(rulesOption())
    .addOption(
      new Option('--log-level <level>', 'what is logged to stderr')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .action((_options: object, command: Command) => run(io, command.optsWithGlobals<Options>()));
}

async function run(io: Io, options: Options): Promise<void> {
  const read = (): Config => {
    const config = options.config === undefined ? DEFAULT_CONFIG : readConfig(options.config);
    return { ...config, rules: [...config.rules, ...(options.rules ?? [])] };
  };
  const config = read();
  const state = options.state ?? config.state ?? defaultStateDirectory();
  const source = chooseSource(options.source ?? config.source);
  const log = createLog(options.logLevel, process.stderr.isTTY === true);
  const started = io.now();
  const result = await runAgent({
    state,
    source,
    config,
    log,
    trust: 'user',
    control: { kind: 'own' },
    readConfig: read,
    setLogLevel: (level) => {
      log.level = level;
    },
    signal: stopSignal(),
    onStored: (alerts) => {
      for (const alert of alerts)
        log.warn(alert.ruleName, { alert: alert.id, severity: alert.severity, entity: alert.entityId });
    },
  });
  io.say(decodeFaults(sourceName(source), result.tap));
  io.say(runSummary(result, io.now() - started));
  if (result.undelivered > 0) {
    const waiting = count(result.undelivered, 'alert waits', 'alerts wait');
    io.say(`${waiting} for the destination; the next run sends what is left\n`);
  }
}
