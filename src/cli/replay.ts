import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { type Capture, captureSource, type RunCounters, replayCapture } from '../agent/index.ts';
import { type AlertStore, type NewAlert, openStore } from '../store/index.ts';
import type { Io } from './io.ts';
import { jsonOption } from './options.ts';
import { alertTable } from './output/alert-rows.ts';
import { count, decodeFaults, runSummary, sumCounters } from './output/summary.ts';

interface Options {
  json?: boolean;
}

/** Rows that the table shows; a capture with more alerts is for --json. */
const TABLE_ROWS = 1_000;

export function replayCommand(io: Io): Command {
  return new Command('replay')
    .description('captures through the pipeline with a throw-away state: which alerts would they have made?')
    .argument('<file...>', 'files of eslogger lines; - is standard input')
    .addOption(jsonOption('one ECS alert document a line, nothing else on standard output'))
    .action((files: string[], options: Options) => replay(io, files, options.json === true));
}

async function replay(io: Io, files: readonly string[], json: boolean): Promise<void> {
  const captures = files.map((file) => captureSource(file));
  const state = await mkdtemp(join(tmpdir(), 'exectap-replay-'));
  const store = await openStore(state, { createIfMissing: true });
  try {
    const started = io.now();
    const results: RunCounters[] = [];
    for (const [index, capture] of captures.entries()) {
      results.push(await replayOne(io, capture, store, json));
      io.say(decodeFaults(files[index]!, results.at(-1)!.tap));
    }
    if (!json) await printTable(io, store);
    io.say(runSummary(sumCounters(results), io.now() - started));
  } finally {
    await store.close();
    await rm(state, { recursive: true });
  }
}

/** Prints documents as they become durable, in order, without holding the pipeline's commits back. */
async function replayOne(io: Io, capture: Capture, store: AlertStore, json: boolean): Promise<RunCounters> {
  let written: Promise<void> = Promise.resolve();
  const print = (alerts: readonly NewAlert[]): void => {
    const lines = alerts.map((alert) => `${alert.document}\n`).join('');
    written = afterwards(written, () => io.write(lines));
  };
  const result = await replayCapture(capture, store, json ? print : () => undefined);
  await written;
  return result;
}

async function printTable(io: Io, store: AlertStore): Promise<void> {
  const alerts = await store.list({ limit: TABLE_ROWS });
  const { total } = await store.counts();
  if (alerts.length === 0) return;
  await io.write(alertTable(alerts.reverse(), io.tty));
  if (total > alerts.length)
    io.say(`${count(total, 'alert')}; the table shows the newest ${alerts.length}, --json all\n`);
}

async function afterwards(before: Promise<void>, then: () => Promise<void>): Promise<void> {
  await before;
  await then();
}
