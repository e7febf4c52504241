import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import {
  canTap,
  createLog,
  DEFAULT_CONFIG,
  defaultStateDirectory,
  runAgent,
  type Source,
} from '../agent/index.ts';
import { type NewAlert, openStore, type StoredAlert } from '../store/index.ts';
import type { Io } from './io.ts';
import { stateDirectory } from './options.ts';
import { alertSummary } from './output/alert-page.ts';
import { SHORT_ID } from './output/alert-rows.ts';
import { quoteArguments } from './output/printable.ts';
import { runSummary } from './output/summary.ts';
import { stopSignal } from './signals.ts';

/** Written by hand in the shape of eslogger's lines: a person at a terminal dumps a keychain. */
const DEMO_CAPTURE = fileURLToPath(new URL('../../scripts/demo/keychain-dump.ndjson', import.meta.url));

export function startCommand(io: Io): Command {
  return new Command('start')
    .description(
      'the agent with its built-in defaults; where it cannot tap, a bundled capture shows what it does',
    )
    .action((_options: object, command: Command) => start(io, stateDirectory(command)));
}

async function start(io: Io, state: string): Promise<void> {
  const live = canTap();
  const source: Source = live ? { kind: 'eslogger' } : { kind: 'capture', path: DEMO_CAPTURE };
  await io.write(live ? 'Tapping this Mac through eslogger; Ctrl-C ends it.\n' : replayNotice());
  const started = io.now();
  const log = createLog(live ? 'info' : 'warn', process.stderr.isTTY === true);
  // The last alert of this run, though a run before may have stored it.
  let last: string | undefined;
  const remember = (alerts: readonly NewAlert[]): void => {
    last = alerts.at(-1)?.id ?? last;
  };
  const run = {
    state,
    source,
    config: DEFAULT_CONFIG,
    log,
    trust: 'user' as const,
    control: { kind: 'own' } as const,
    signal: stopSignal(),
  };
  const result = await runAgent({ ...run, onStored: remember, onKnown: remember });
  await io.write(`\n${runSummary(result, io.now() - started)}\n`);
  await io.write(closing(io, state, last === undefined ? null : await alertOf(state, last)));
}

function replayNotice(): string {
  const why =
    process.platform === 'darwin'
      ? 'tapping needs root'
      : `this is ${process.platform}, only a Mac can be tapped`;
  return `Not tapping: ${why}. Replaying the bundled capture instead, through the same pipeline:\n  ${relative(process.cwd(), DEMO_CAPTURE)}\n`;
}

async function alertOf(state: string, id: string): Promise<StoredAlert | null> {
  const store = await openStore(state, { readOnly: true });
  try {
    return await store.get(id);
  } finally {
    await store.close();
  }
}

function closing(io: Io, state: string, alert: StoredAlert | null): string {
  if (alert === null) return `No alerts yet. The state lies in ${state}.\n`;
  const option = state === defaultStateDirectory() ? '' : ` --state ${quoteArguments([state])}`;
  const id = alert.id.slice(0, SHORT_ID);
  const commands = [
    [`alerts list${option}`, 'every alert that this host holds'],
    [`alerts show ${id}${option}`, 'all of it, with what to do'],
    [`alerts ack ${id}${option}`, 'somebody looks into it'],
    [`status${option}`, 'what was seen, stored and sent'],
    [`convert ${quoteArguments([relative(process.cwd(), DEMO_CAPTURE)])}`, 'the capture as ECS documents'],
    ['--help', 'everything else'],
  ] as const;
  const width = Math.max(...commands.map(([command]) => command.length));
  const next = commands
    .map(([command, what]) => `  ${io.command} ${command.padEnd(width)}   # ${what}\n`)
    .join('');
  return `${alertSummary(alert, io.tty)}\nStored in ${state}/exectap.db. Next:\n${next}`;
}
