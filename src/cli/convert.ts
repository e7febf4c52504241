import { Command } from 'commander';
import { captureSource, convertCapture } from '../agent/index.ts';
import type { Io } from './io.ts';
import { count, decodeFaults } from './output/summary.ts';
import { stopSignal } from './signals.ts';

export function convertCommand(io: Io): Command {
  return new Command('convert')
    .description('captures to ECS event documents, one a line')
    .argument('<file...>', 'files of eslogger lines; - is standard input')
    .action((files: string[]) => convert(io, files));
}

async function convert(io: Io, files: readonly string[]): Promise<void> {
  const signal = stopSignal();
  const sources = files.map((file) => captureSource(file));
  for (const [index, source] of sources.entries()) {
    const file = files[index]!;
    const counters = await convertCapture(
      source,
      (documents) => io.write(documents.map((document) => `${JSON.stringify(document)}\n`).join('')),
      signal,
    );
    io.say(decodeFaults(file, counters));
    if (counters.otherTypes > 0)
      io.say(`${file}: ${count(counters.otherTypes, 'line')} of other event types left out\n`);
  }
}
