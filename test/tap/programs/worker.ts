/** Reads in worker threads that are terminated while they wait, and while records flow. */
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { createPipe } from '../../../src/tap/index.ts';
import { exitLine } from '../../support/eslogger-lines.ts';

const body = new URL('worker-body.mjs', import.meta.url);
const line = `${exitLine()}\n`;

for (let round = 0; round < 10; round += 1) {
  const { readEnd, writeEnd } = createPipe();
  const worker = new Worker(body, { workerData: readEnd });
  worker.on('error', (error) => {
    throw error;
  });
  await new Promise((resolve) => worker.once('message', resolve));
  if (round % 2 === 0) for (let index = 0; index < 20; index += 1) writeSync(writeEnd, line);
  await worker.terminate();
}
console.log('terminated');
