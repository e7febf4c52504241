/** Makes taps that nobody keeps; prints how many threads the process has before, with them, and after collection. */
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createPipe, Tap } from '../../../src/tap/index.ts';

const TAPS = 8;

function threads(): number {
  return readdirSync('/proc/self/task').length;
}

function forget(): void {
  for (let index = 0; index < TAPS; index += 1) {
    const { readEnd } = createPipe();
    new Tap({ fd: readEnd, live: true }).counters();
  }
}

const before = threads();
forget();
const during = threads();
for (let round = 0; round < 100 && threads() > before; round += 1) {
  (globalThis as unknown as { gc: () => void }).gc();
  await delay(10);
}
console.log(JSON.stringify({ before, during, after: threads() }));
