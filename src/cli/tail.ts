import { Command } from 'commander';
import type { TailItem } from '../agent/index.ts';
import { AgentRefusedError } from '../control/index.ts';
import { requireAgent } from './agent-or-store.ts';
import type { Io } from './io.ts';
import { notEmpty, placeOf } from './options.ts';
import { stopSignal } from './signals.ts';

export function tailCommand(io: Io): Command {
  return new Command('tail')
    .description('events and alerts of the running agent as they come, one ECS document a line; for root')
    .option('--where <condition>', 'only events for which this EQL condition holds', notEmpty)
    .action((options: { where?: string }, command: Command) => tail(io, options, command));
}

async function tail(io: Io, { where }: { where?: string }, command: Command): Promise<void> {
  const client = await requireAgent(placeOf(command));
  const signal = stopSignal();
  signal.addEventListener('abort', () => client.close(), { once: true });
  try {
    await client.call('tail', where === undefined ? {} : { where }, {
      patient: true,
      onItem: (item) => show(io, item as TailItem),
    });
  } catch (error) {
    // Ctrl-C is how a tail ends.
    if (!signal.aborted || error instanceof AgentRefusedError) throw error;
  } finally {
    client.close();
  }
}

async function show(io: Io, item: TailItem): Promise<void> {
  if ('event' in item) await io.write(`${JSON.stringify(item.event)}\n`);
  else if ('alert' in item) await io.write(`${JSON.stringify(JSON.parse(item.alert))}\n`);
  else if (item.dropped > 0)
    io.say(`${item.dropped} events and alerts were left out: they came faster than they were read\n`);
}
