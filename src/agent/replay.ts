import { createHash } from 'node:crypto';
import { type Document, eventDocument, type Origin, UNKNOWN_CAPTURE } from '../ecs/index.ts';
import { RuleSet } from '../rules/index.ts';
import type { AlertStore, NewAlert } from '../store/index.ts';
import type { Batch, TapCounters } from '../tap/index.ts';
import { EventReader } from './event-reader.ts';
import { Pipeline } from './pipeline.ts';
import type { RunCounters } from './run.ts';
import { type Capture, openCapture } from './source.ts';
import { VERSION } from './version.ts';

/** An agent that never ran has no id of its own; the same capture must give the same documents everywhere. */
const REPLAY_AGENT = createHash('sha256').update('exectap replay').digest('hex').slice(0, 32);

const REPLAY_ORIGIN: Origin = {
  host: UNKNOWN_CAPTURE,
  agent: { id: REPLAY_AGENT, version: VERSION },
  namespace: 'default',
};

/** Runs a capture through the pipeline into the given store. */
export async function replayCapture(
  source: Capture,
  store: Pick<AlertStore, 'append'>,
  onStored: (alerts: readonly NewAlert[]) => void,
): Promise<RunCounters> {
  const pipeline = new Pipeline({
    origin: REPLAY_ORIGIN,
    replay: true,
    rules: RuleSet.builtin(),
    store,
    onStored,
  });
  const tap = openCapture(source);
  try {
    await pipeline.run(tap);
    return { tap: tap.counters(), pipeline: pipeline.counters };
  } finally {
    await tap.stop();
  }
}

/** Hands over the ECS documents of a capture's events, a batch at a time, in the order of the capture. */
export async function convertCapture(
  source: Capture,
  take: (documents: Document[]) => Promise<void>,
): Promise<TapCounters> {
  const reader = new EventReader(REPLAY_ORIGIN, true);
  const tap = openCapture(source);
  try {
    for (let batch = await tap.next(); batch !== null; batch = await tap.next()) {
      await take(documentsOf(batch, reader));
    }
    return tap.counters();
  } finally {
    await tap.stop();
  }
}

function documentsOf(batch: Batch, reader: EventReader): Document[] {
  const documents: Document[] = [];
  for (let index = 0; index < batch.length; index += 1) {
    const event = reader.read(batch.at(index));
    if (event !== null) documents.push(eventDocument(event));
  }
  return documents;
}
