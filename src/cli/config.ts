import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import {
  type ConfigPlaces,
  configPlaces,
  configWarnings,
  defaultFile,
  type LoadedConfig,
  loadConfig,
  placeOf,
  writtenValue,
} from '../agent/index.ts';
import { ExectapError, messageOf } from '../errors.ts';
import type { Io } from './io.ts';
import { configOption, jsonOption, notEmpty } from './options.ts';
import { printable } from './output/printable.ts';
import { count } from './output/summary.ts';
import { table } from './output/table.ts';

export function configCommand(io: Io): Command {
  return new Command('config')
    .description('what is configured, whether it is right, and a file to start from')
    .addCommand(
      new Command('show')
        .description('every key, its value, and whether it comes from a profile, a file or the defaults')
        .addOption(configOption())
        .addOption(jsonOption('a key a line'))
        .action((options: { config?: string; json?: boolean }) =>
          show(io, options.config, options.json === true),
        ),
    )
    .addCommand(
      new Command('check')
        .description(
          'what is wrong with a file, or with the configuration of this host; exit code 1 if anything is',
        )
        .argument('[file]', 'a YAML file, checked by itself; without it, what the agent would read', notEmpty)
        .action((file: string | undefined) => check(io, file)),
    )
    .addCommand(
      new Command('init')
        .description('a file with every key at its default, explained')
        .option('--out <file>', 'write it there instead of to standard output; never over a file', notEmpty)
        .action((options: { out?: string }) => init(io, options.out)),
    );
}

/** What the installed agent of this host reads, whoever asks, and as strictly; a file that is named may be one's own. */
function placesHere(file: string | undefined): ConfigPlaces {
  return configPlaces(file, { trust: file === undefined ? 'root' : 'user', installed: true });
}

async function show(io: Io, file: string | undefined, json: boolean): Promise<void> {
  const { settings, config } = loadConfig(placesHere(file));
  if (json) {
    const lines = settings.map((setting) => {
      const { kind, ...place } = setting.origin;
      const value = writtenValue(setting) ?? null;
      return `${JSON.stringify({ key: setting.key, value, from: kind, ...place })}\n`;
    });
    await io.write(lines.join(''));
  } else {
    const rows = settings.map((setting) => [
      setting.key,
      printable(valueText(writtenValue(setting))),
      printable(placeOf(setting)),
    ]);
    await io.write(table(['KEY', 'VALUE', 'FROM'], rows, io.tty));
  }
  for (const warning of configWarnings(config)) io.say(`warning: ${printable(warning)}\n`);
}

function valueText(value: unknown): string {
  if (value === undefined) return '-';
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}

function check(io: Io, file: string | undefined): void {
  const loaded = loadConfig(file === undefined ? placesHere(undefined) : { file, trust: 'user' });
  const warnings = configWarnings(loaded.config);
  for (const warning of warnings) io.say(`warning: ${printable(warning)}\n`);
  io.say(
    `${checked(loaded, file)}${warnings.length === 0 ? '' : `, ${count(warnings.length, 'warning')}`}\n`,
  );
}

function checked({ settings }: LoadedConfig, file: string | undefined): string {
  const set = settings.filter(({ origin }) => origin.kind !== 'default');
  const files = [...new Set(set.flatMap(({ origin }) => (origin.kind === 'default' ? [] : [origin.file])))];
  const where = file ?? (files.length === 0 ? 'no file and no profile' : files.join(' and '));
  return `${printable(where)}: right, ${count(set.length, 'key')} set`;
}

async function init(io: Io, out: string | undefined): Promise<void> {
  if (out === undefined) return io.write(defaultFile());
  try {
    // The trust in a configuration is lost where group or others may write it, whatever the umask.
    writeFileSync(out, defaultFile(), { flag: 'wx', mode: 0o644 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST')
      throw new ExectapError(`${out} is there already and stays as it is`, {
        cause,
        remedy: 'name another file, or move that one away',
      });
    throw new ExectapError(`${out} cannot be written: ${messageOf(cause)}`, { cause });
  }
  io.say(`written: ${printable(out)}\n`);
}
