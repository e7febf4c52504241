/** Writes generated events to standard output: count, seed. */
import { generateEvents } from '../../support/eslogger-lines.ts';

const [count, seed] = process.argv.slice(2).map(Number);
const LINES_A_WRITE = 200;
let waiting: string[] = [];

async function flush(): Promise<void> {
  const text = waiting.join('');
  waiting = [];
  if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve));
}

for (const line of generateEvents(count!, seed!)) {
  waiting.push(`${line}\n`);
  if (waiting.length === LINES_A_WRITE) await flush();
}
await flush();
