import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { Tap } = await import('../../../src/tap/index.ts');
const tap = new Tap({ fd: workerData, live: true });
parentPort.postMessage('reading');
while ((await tap.next()) !== null);
