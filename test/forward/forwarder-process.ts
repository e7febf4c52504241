/** A process that appends alerts for ever and forwards them. Run by tests, which kill it. */
import { createElasticsearch, Forwarder } from '../../src/forward/index.ts';
import { openStore } from '../../src/store/index.ts';
import { sampleAlert } from '../store/samples.ts';
import { hastyClock } from './doubles.ts';
import { KeptLog } from './helpers.ts';

const [directory = '', url = '', first = '0'] = process.argv.slice(2);
const store = await openStore(directory);
const destination = createElasticsearch({ name: 'soc', type: 'elasticsearch', url, namespace: 'default' });
const forwarder = new Forwarder(store, destination, { log: new KeptLog(), clock: hastyClock });
await forwarder.start();
process.stdout.write('open\n');
for (let number = Number(first); ; number += 1) {
  await store.append([sampleAlert(number)]);
  forwarder.notify();
}
