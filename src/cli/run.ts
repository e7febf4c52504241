import { Command } from 'commander';
import {
  type Config,
  chooseSource,
  configPlaces,
  createLog,
  defaultStateDirectory,
  type LogLevel,
  loadConfig,
  runAgent,
  sourceName,
} from '../agent/index.ts';
import type { Io } from './io.ts';
import { type CommonOptions, configOption, logLevelOption, notEmpty, rulesOption } from './options.ts';
import { count, decodeFaults, runSummary } from './output/summary.ts';
import { stopSignal } from './signals.ts';

interface Options extends CommonOptions {
  source?: string;
  config?: string;
  rules?: string[];
  logLevel?: LogLevel;
}

export function runCommand(io: Io): Command {
  return new Command('run')
    .description('the agent in the foreground: taps, detects, stores, sends')
    .option(
      '--source <source>',
      'auto, eslogger, endpoint-security, the path of a capture, or - for standard input',
      notEmpty,
    )
    .addOption(configOption())
    .addOption(rulesOption())
    .addOption(logLevelOption())
    .action((_options: object, command: Command) => run(io, command.optsWithGlobals<Options>()));
}

async function run(io: Io, options: Options): Promise<void> {
  const read = (): Config => {
    const { config } = loadConfig(configPlaces(options.config, { trust: 'user', installed: false }));
    const log = options.logLevel === undefined ? config.log : { level: options.logLevel };
    return { ...config, log, rules: [...config.rules, ...(options.rules ?? [])] };
  };
  const config = read();
  const state = options.state ?? config.state ?? defaultStateDirectory();
  const source = chooseSource(options.source ?? config.source);
  const log = createLog(config.log.level, process.stderr.isTTY === true);
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
    const waiting = count(result.undelivered, 'document waits', 'documents wait');
    io.say(`${waiting} for the destination; the next run sends what is left\n`);
  }
}
