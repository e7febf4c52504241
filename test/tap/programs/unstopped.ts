/** Leaves a tap on a silent pipe, unstopped: the process must end all the same. */
import { createPipe, Tap } from '../../../src/tap/index.ts';

const { readEnd } = createPipe();
const tap = new Tap({ fd: readEnd, live: true });
console.log(tap.counters().lines);
