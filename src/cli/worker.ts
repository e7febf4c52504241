import { Command } from 'commander';
import {
  type Config,
  configPlaces,
  createLog,
  defaultStateDirectory,
  type LogLevel,
  loadConfig,
  runAgent,
} from '../agent/index.ts';
import type { Trust } from '../trust/index.ts';
import type { Io } from './io.ts';
import { type CommonOptions, configOption, logLevelOption } from './options.ts';
import { stopSignal } from './signals.ts';

interface Options extends CommonOptions {
  config?: string;
  logLevel?: LogLevel;
  development?: boolean;
}

/** What exectapd runs: the agent without rights, on the stream that root's process gives it. Not for people. */
export function workerCommand(_io: Io): Command {
  return new Command('worker')
    .description('the agent as exectapd runs it')
    .addOption(configOption())
    .option('--development', 'configuration, rules and secrets may be the running user’s, not only root’s')
    .addOption(logLevelOption())
    .action((_options: object, command: Command) => work(command.optsWithGlobals<Options>()));
}

async function work(options: Options): Promise<void> {
  const trust: Trust = options.development === true ? 'user' : 'root';
  const read = (): Config => {
    const { config } = loadConfig(configPlaces(options.config, { trust, installed: true }));
    return options.logLevel === undefined ? config : { ...config, log: { level: options.logLevel } };
  };
  const config = read();
  const log = createLog(config.log.level, false);
  await runAgent({
    state: options.state ?? config.state ?? defaultStateDirectory(),
    source: { kind: 'exectapd' },
    config,
    log,
    trust,
    readConfig: read,
    setLogLevel: (level) => {
      log.level = level;
    },
    ...(process.env.EXECTAP_ADMIN_GID !== undefined && {
      control: {
        kind: 'handed',
        adminGid: groupId(process.env.EXECTAP_ADMIN_GID),
        ownerUid: trust === 'user' ? (process.geteuid?.() ?? null) : null,
      },
    }),
    signal: stopSignal(),
    onStored: (alerts) => {
      for (const alert of alerts)
        log.warn(alert.ruleName, { alert: alert.id, severity: alert.severity, entity: alert.entityId });
    },
  });
}

/** exectapd names the group whose members may ask; it has looked it up. */
function groupId(text: string): number | null {
  return /^\d{1,10}$/.test(text) ? Number(text) : null;
}
