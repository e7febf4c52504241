import { Argument, Command } from 'commander';
import { LOG_LEVELS, type Reloaded } from '../agent/index.ts';
import { ExectapError } from '../errors.ts';
import { requireAgent } from './agent-or-store.ts';
import type { Io } from './io.ts';
import { placeOf } from './options.ts';
import { printable } from './output/printable.ts';
import { count } from './output/summary.ts';

/** Asks the running agent for one thing. */
async function ask(command: Command, request: string, parameters: object = {}): Promise<unknown> {
  const client = await requireAgent(placeOf(command));
  try {
    return await client.call(request, parameters);
  } finally {
    client.close();
  }
}

export function reloadCommand(io: Io): Command {
  return new Command('reload')
    .description('make the running agent read its configuration and its rules anew')
    .action(async (_options: object, command: Command) => {
      const { rules, unusable, mutes, atNextStart } = (await ask(command, 'reload')) as Reloaded;
      io.say(
        `${count(rules, 'rule')} in use${unusable === 0 ? '' : `, ${unusable} cannot be used`}${mutes === 0 ? '' : `, ${count(mutes, 'mute')} in force`}\n`,
      );
      if (atNextStart.length > 0)
        io.say(`changed, and in effect with the next start: ${atNextStart.join(', ')}\n`);
    });
}

export function flushCommand(io: Io): Command {
  return new Command('flush')
    .description('make the running agent try to send everything that waits')
    .action(async (_options: object, command: Command) => {
      const { waiting } = (await ask(command, 'flush')) as { waiting: number };
      io.say(waiting === 0 ? 'nothing waits\n' : `${count(waiting, 'alert waits', 'alerts wait')} on\n`);
    });
}

export function logLevelCommand(io: Io): Command {
  return new Command('log-level')
    .description('change what the running agent logs, until its next start')
    .addArgument(new Argument('<level>').choices(LOG_LEVELS))
    .action(async (level: string, _options: object, command: Command) => {
      await ask(command, 'log-level', { level });
      io.say(`the agent logs from ${level} on\n`);
    });
}

export function respondCommand(io: Io): Command {
  return new Command('respond')
    .description('act on this host; refused unless a file of root’s enables it')
    .addCommand(
      new Command('kill')
        .description('end one process, and no other that has its pid by now')
        .argument('<id>', 'its entity id or its pid')
        .action((id: string, _options: object, command: Command) => kill(io, id, command)),
    );
}

interface Killed {
  readonly result: 'done' | 'gone' | 'refused' | 'unsupported' | 'failed';
  readonly reason: string;
  readonly pid: number;
  readonly executable: string;
}

async function kill(io: Io, id: string, command: Command): Promise<void> {
  const { result, reason, pid, executable } = (await ask(command, 'respond.kill', { id })) as Killed;
  const who = `${printable(executable)} [${pid}]`;
  if (result === 'done') io.say(`${who} was killed\n`);
  else if (result === 'gone') io.say(`${who} has ended already\n`);
  else throw new ExectapError(`${who} was not killed: ${printable(reason)}`);
}
