/** A process that appends alerts for ever and prints the ids of each append once it is durable. Run by tests. */
import { openStore } from '../../src/store/index.ts';
import { sampleAlert } from './samples.ts';

const [directory = '', first = '0'] = process.argv.slice(2);
const store = await openStore(directory);
await store.addDestination('soc');
process.stdout.write('open\n');

/** Appends one alert after the other, starting at `number`, in steps of the number of such loops. */
async function appendFrom(number: number, step: number): Promise<never> {
  for (let next = number; ; next += step) {
    const { stored } = await store.append([sampleAlert(next)]);
    // One write of a line: a pipe keeps it whole, so a killed process leaves no half id behind a newline.
    process.stdout.write(stored.map((id) => `${id}\n`).join(''));
  }
}

const LOOPS = 4;
await Promise.all(Array.from({ length: LOOPS }, (_, loop) => appendFrom(Number(first) + loop, LOOPS)));
