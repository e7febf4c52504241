import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { captureSource, type RunCounters, replayCapture } from '../agent/index.ts';
import { type AlertStore, type NewAlert, openStore, type StoredAlert } from '../store/index.ts';
import type { Io } from './io.ts';
import { type CommonOptions, jsonOption } from './options.ts';
import { alertTable } from './output/alert-rows.ts';
import { count, decodeFaults, runSummary, sumCounters } from './output/summary.ts';

interface Options extends CommonOptions {
  json?: boolean;
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
    .action((files: string[], _options: object, command: Command) =>
      replay(io, files, command.optsWithGlobals<Options>()),
    );
}

async function replay(io: Io, files: readonly string[], options: Options): Promise<void> {
  const captures = files.map((file) => captureSource(file));
  const state = options.state ?? (await mkdtemp(join(tmpdir(), 'exectap-replay-')));
  const store = await openStore(state, { createIfMissing: true });
  try {
    const started = io.now();
    const results: RunCounters[] = [];
    const printer = options.json === true ? new DocumentPrinter(io) : new TablePrinter(io, store);
    for (const [index, capture] of captures.entries()) {
      results.push(await replayCapture(capture, store, (alerts) => printer.take(alerts)));
      io.say(decodeFaults(files[index]!, results.at(-1)!.tap));
    }
    await printer.end();
    io.say(runSummary(sumCounters(results), io.now() - started));
  } finally {
    await store.close();
    if (options.state === undefined) await rm(state, { recursive: true });
  }
}

/** Prints documents as they become durable, in order, without holding the pipeline's commits back. */
class DocumentPrinter {
  readonly #io: Io;
  #written: Promise<void> = Promise.resolve();

  constructor(io: Io) {
    this.#io = io;
  }

  take(alerts: readonly NewAlert[]): void {
    const lines = alerts.map((alert) => `${alert.document}\n`).join('');
    this.#written = this.#write(this.#written, lines);
  }

  end(): Promise<void> {
    return this.#written;
  }

  async #write(before: Promise<void>, lines: string): Promise<void> {
    await before;
    await this.#io.write(lines);
  }
}

/** Prints one table at the end, for its columns fit all its rows. */
class TablePrinter {
  readonly #io: Io;
  readonly #store: AlertStore;
  readonly #ids: string[] = [];
  #more = 0;

  constructor(io: Io, store: AlertStore) {
    this.#io = io;
    this.#store = store;
  }

  take(alerts: readonly NewAlert[]): void {
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
