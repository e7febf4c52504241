import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import {
  type Capture,
  captureSource,
  createLog,
  Exceptions,
  loadRules,
  type RunCounters,
  replayCapture,
  sourceName,
} from '../agent/index.ts';
import { type AlertStore, lockState, type NewAlert, openStore, type StoredAlert } from '../store/index.ts';
import type { Io } from './io.ts';
import { type CommonOptions, jsonOption, rulesOption } from './options.ts';
import { alertTable } from './output/alert-rows.ts';
import { count, decodeFaults, runSummary, sumCounters } from './output/summary.ts';
import { stopSignal } from './signals.ts';

interface Options extends CommonOptions {
  json?: boolean;
  rules?: string[];
}

/** Rows that the table shows; a capture with more alerts is for --json. */
const TABLE_ROWS = 1_000;

export function replayCommand(io: Io): Command {
  return new Command('replay')
    .description(
      'captures through the pipeline: which alerts would they have made? The state is thrown away unless --state names one',
    )
    .argument('<file...>', 'files of eslogger lines; - is standard input')
    .addOption(jsonOption('one ECS alert document a line, nothing else on standard output'))
    .addOption(rulesOption())
    .action((files: string[], _options: object, command: Command) =>
      replay(io, files, command.optsWithGlobals<Options>()),
    );
}

async function replay(io: Io, files: readonly string[], options: Options): Promise<void> {
  const captures = files.map((file) => captureSource(file));
  if (options.state !== undefined) return replayInto(io, captures, options.state, options);
  const state = await mkdtemp(join(tmpdir(), 'exectap-replay-'));
  try {
    await replayInto(io, captures, state, options);
  } finally {
    await rm(state, { recursive: true });
  }
}

async function replayInto(
  io: Io,
  captures: readonly Capture[],
  state: string,
  options: Options,
): Promise<void> {
  const store = await openStore(state, { createIfMissing: true });
  try {
    const lock = await lockState(state);
    try {
      const printer = options.json === true ? new DocumentPrinter(io) : new TablePrinter(io, store);
      await replayAll(io, captures, store, printer, options.rules ?? []);
    } finally {
      await lock.release();
    }
  } finally {
    await store.close();
  }
}

async function replayAll(
  io: Io,
  captures: readonly Capture[],
  store: AlertStore,
  printer: Printer,
  rulePaths: readonly string[],
): Promise<void> {
  const started = io.now();
  const signal = stopSignal();
  const log = createLog('warn', process.stderr.isTTY === true);
  const exceptions = await Exceptions.load(store, log);
  const results: RunCounters[] = [];
  for (const capture of captures) {
    // Each capture has its own processes and its own open sequences.
    const rules = loadRules(rulePaths, log);
    const options = { rules, exceptions, signal };
    const result = await replayCapture(capture, store, (alerts) => printer.take(alerts), options);
    io.say(decodeFaults(sourceName(capture), result.tap));
    results.push(result);
  }
  await printer.end();
  io.say(runSummary(sumCounters(results), io.now() - started));
}

interface Printer {
  /** Takes alerts that have become durable, in order. */
  take(alerts: readonly NewAlert[]): Promise<void>;
  end(): Promise<void>;
}

/** Documents as they become durable; a slow reader holds the capture back. */
class DocumentPrinter implements Printer {
  readonly #io: Io;

  constructor(io: Io) {
    this.#io = io;
  }

  take(alerts: readonly NewAlert[]): Promise<void> {
    return this.#io.write(alerts.map((alert) => `${alert.document}\n`).join(''));
  }

  async end(): Promise<void> {}
}

/** One table at the end, for its columns fit all its rows. */
class TablePrinter implements Printer {
  readonly #io: Io;
  readonly #store: AlertStore;
  readonly #ids: string[] = [];
  #more = 0;

  constructor(io: Io, store: AlertStore) {
    this.#io = io;
    this.#store = store;
  }

  async take(alerts: readonly NewAlert[]): Promise<void> {
    const room = TABLE_ROWS - this.#ids.length;
    this.#ids.push(...alerts.slice(0, room).map(({ id }) => id));
    this.#more += Math.max(0, alerts.length - room);
  }

  async end(): Promise<void> {
    const alerts: StoredAlert[] = [];
    for (const id of this.#ids) alerts.push((await this.#store.get(id))!);
    if (alerts.length > 0) await this.#io.write(alertTable(alerts, this.#io.tty));
    if (this.#more > 0) this.#io.say(`${count(this.#more, 'more alert')}: --json prints all\n`);
  }
}
