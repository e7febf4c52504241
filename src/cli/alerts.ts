import { Argument, Command } from 'commander';
import type { AlertFilter, AlertStatus } from '../store/index.ts';
import { type Holdings, openHoldings } from './agent-or-store.ts';
import type { Io } from './io.ts';
import { jsonOption, type Place, parseLimit, parseSince, placeOf, statusOption } from './options.ts';
import { alertPage } from './output/alert-page.ts';
import { alertTable } from './output/alert-rows.ts';
import { alertJson } from './output/alert-view.ts';
import { count } from './output/summary.ts';

interface ListOptions {
  json?: boolean;
  status?: AlertStatus;
  since?: number;
  limit: number;
}

export function alertsCommand(io: Io): Command {
  return new Command('alerts')
    .description('the alerts that this host holds; works beside a running agent and without one')
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(changeCommand(io, 'ack', 'acknowledged', 'somebody looks into it'))
    .addCommand(changeCommand(io, 'close', 'closed', 'dealt with'));
}

function listCommand(io: Io): Command {
  return new Command('list')
    .description('alerts, newest first')
    .addOption(jsonOption('an alert a line: the ECS document, and under "exectap" what only this host knows'))
    .addOption(statusOption())
    .option('--since <when>', 'only events since then: an age (90m, 12h, 7d) or an ISO 8601 time', (text) =>
      parseSince(text, io.now()),
    )
    .option('--limit <n>', 'at most so many', parseLimit, 1_000)
    .action((options: ListOptions, command: Command) => list(io, options, placeOf(command)));
}

async function list(io: Io, options: ListOptions, place: Place): Promise<void> {
  const filter: AlertFilter = {
    limit: options.limit + 1,
    ...(options.status !== undefined && { status: options.status }),
    ...(options.since !== undefined && { sinceMs: options.since }),
  };
  const found = await withHoldings(place, 'read', (holdings) => holdings.list(filter));
  const alerts = found.slice(0, options.limit);
  if (options.json === true)
    await io.write(alerts.map((alert) => `${JSON.stringify(alertJson(alert))}\n`).join(''));
  else if (alerts.length > 0) await io.write(alertTable(alerts, io.tty));
  else io.say('no alerts\n');
  if (found.length > alerts.length)
    io.say(`only the newest ${count(alerts.length, 'alert')}: --limit shows more\n`);
}

const idArgument = (): Argument =>
  new Argument('<id>', 'the id of an alert, its first characters (6 or more), or its number');

function showCommand(io: Io): Command {
  return new Command('show')
    .description('everything about one alert')
    .addArgument(idArgument())
    .addOption(jsonOption('one line of JSON'))
    .action(async (id: string, options: { json?: boolean }, command: Command) => {
      const alert = await withHoldings(placeOf(command), 'read', (holdings) => holdings.get(id));
      await io.write(
        options.json === true ? `${JSON.stringify(alertJson(alert))}\n` : alertPage(alert, io.tty),
      );
    });
}

function changeCommand(io: Io, verb: string, status: Exclude<AlertStatus, 'open'>, meaning: string): Command {
  return new Command(verb)
    .description(`mark an alert as ${status}: ${meaning}`)
    .addArgument(idArgument())
    .option('--comment <text>', 'why; kept in the alert’s history')
    .action(async (id: string, options: { comment?: string }, command: Command) => {
      const alert = await withHoldings(placeOf(command), 'write', (holdings) =>
        holdings.setStatus(id, status, options.comment ?? null),
      );
      io.say(`alert ${alert.id.slice(0, 8)} is ${status}\n`);
    });
}

async function withHoldings<T>(
  place: Place,
  use: 'read' | 'write',
  act: (holdings: Holdings) => Promise<T>,
): Promise<T> {
  const holdings = await openHoldings(place, use);
  try {
    return await act(holdings);
  } finally {
    await holdings.close();
  }
}
