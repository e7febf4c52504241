import { Command, InvalidArgumentError, Option } from 'commander';
import { MAX_REASON, MAX_RULE_ID } from '../agent/index.ts';
import { UsageError } from '../errors.ts';
import { type ExceptionAccess, openExceptions } from './exception-access.ts';
import type { Io } from './io.ts';
import { jsonOption, notEmpty, parseUntil, placeOf } from './options.ts';
import { exceptionJson, exceptionTable, until } from './output/exception-rows.ts';
import { printable } from './output/printable.ts';

interface AddOptions {
  where: string;
  rule?: string;
  reason: string;
  expires?: number;
  forever?: boolean;
}

export function exceptionsCommand(io: Io): Command {
  return new Command('exceptions')
    .description('conditions under which what a rule finds makes no alert; the events themselves stay')
    .addCommand(listCommand(io))
    .addCommand(addCommand(io))
    .addCommand(removeCommand(io));
}

function listCommand(io: Io): Command {
  return new Command('list')
    .description('the exceptions that stand, oldest first, and what they have hit')
    .addOption(jsonOption('an exception a line'))
    .option('--all', 'those too that were removed or replaced')
    .action(async (options: { json?: boolean; all?: boolean }, command: Command) => {
      const found = await withExceptions(command, 'read', (access) => access.list(options.all === true));
      const now = io.now();
      if (options.json === true)
        await io.write(
          found.map((exception) => `${JSON.stringify(exceptionJson(exception, now))}\n`).join(''),
        );
      else if (found.length > 0) await io.write(exceptionTable(found, now, io.tty));
      else io.say('no exceptions\n');
    });
}

function addCommand(io: Io): Command {
  return new Command('add')
    .description('except what a condition covers; the same one again changes its reason and its end')
    .requiredOption(
      '--where <condition>',
      'EQL as it stands behind "process where", such as: process.parent.name == "backupd" and user.id == "501"',
      notEmpty,
    )
    .option('--rule <id>', 'only what this rule finds (default: every rule)', shorterThan(MAX_RULE_ID))
    .requiredOption('--reason <text>', 'why, for whoever reads the list', shorterThan(MAX_REASON))
    .option('--expires <when>', 'when it ends: a span (12h, 30d) or an ISO 8601 time', (text) =>
      parseUntil(text, io.now()),
    )
    .addOption(new Option('--forever', 'it has no end until it is removed').conflicts('expires'))
    .addHelpText(
      'after',
      '\nOf a sequence every event is asked, and one that is covered is enough. What cannot be decided is not covered.',
    )
    .action((options: AddOptions, command: Command) => add(io, options, command));
}

async function add(io: Io, options: AddOptions, command: Command): Promise<void> {
  const { where, rule = null, reason, expires, forever = false } = options;
  if (expires === undefined && !forever) {
    throw new UsageError('an exception ends', {
      remedy: 'Say when: --expires 30d. One without an end must be asked for: --forever.',
    });
  }
  const asked = { where, ruleId: rule, reason, expiresMs: expires ?? null };
  const { exception, changed, ruleKnown } = await withExceptions(command, 'write', (access) =>
    access.add(asked),
  );
  const covers = rule === null ? 'whatever the rule' : `of the rule ${printable(rule)}`;
  io.say(
    changed
      ? `exception ${exception.id} ${covers} ${until(exception.expiresMs)}\n`
      : `exception ${exception.id} stands already, with the same reason and end\n`,
  );
  if (ruleKnown === false) io.say(`the agent runs no rule with the id ${printable(rule ?? '')}\n`);
}

function removeCommand(io: Io): Command {
  return new Command('remove')
    .description('end an exception; it stays in the list of all')
    .argument('<id>', 'its id, as the list shows it', exceptionIdOf)
    .action(async (id: string, _options: object, command: Command) => {
      const { hits } = await withExceptions(command, 'write', (access) => access.remove(id));
      io.say(`exception ${id} is removed; it kept ${hits} of what rules found from being alerts\n`);
    });
}

function exceptionIdOf(text: string): string {
  if (/^[0-9a-f]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('An id is hexadecimal digits.');
}

const shorterThan =
  (most: number) =>
  (text: string): string => {
    if (text.length > most) throw new InvalidArgumentError(`It is longer than ${most} characters.`);
    return notEmpty(text);
  };

async function withExceptions<T>(
  command: Command,
  use: 'read' | 'write',
  act: (access: ExceptionAccess) => Promise<T>,
): Promise<T> {
  const access = await openExceptions(placeOf(command), use);
  try {
    return await act(access);
  } finally {
    await access.close();
  }
}
