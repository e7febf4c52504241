import { createHash } from 'node:crypto';
import { type Document, eventDocument, type Origin, UNKNOWN_CAPTURE } from '../ecs/index.ts';
import { ExectapError } from '../errors.ts';
import type { RuleSet } from '../rules/index.ts';
import type { AlertStore, NewAlert } from '../store/index.ts';
import type { Batch, Tap, TapCounters } from '../tap/index.ts';
import { EventReader } from './event-reader.ts';
import type { Exceptions } from './exceptions.ts';
import { Pipeline } from './pipeline.ts';
import type { RunCounters } from './run-record.ts';
import { type Capture, openCapture, sourceName } from './source.ts';
import { VERSION } from './version.ts';

/** An agent that never ran has no id of its own; the same capture must give the same documents everywhere. */
const REPLAY_AGENT = createHash('sha256').update('exectap replay').digest('hex').slice(0, 32);

const REPLAY_ORIGIN: Origin = {
  host: UNKNOWN_CAPTURE,
  agent: { id: REPLAY_AGENT, version: VERSION },
  namespace: 'default',
};

/** A capture was not read to its end because a person asked to stop. */
export class InterruptedError extends ExectapError {}

/** Runs a capture through the pipeline into the given store. */
export async function replayCapture(
  source: Capture,
  store: Pick<AlertStore, 'append'>,
  onStored: (alerts: readonly NewAlert[]) => Promise<void>,
  options: { readonly rules: RuleSet; readonly exceptions: Exceptions; readonly signal: AbortSignal },
): Promise<RunCounters> {
  const { rules, exceptions, signal } = options;
  const pipeline = new Pipeline({
    origin: REPLAY_ORIGIN,
    live: false,
    rules,
    store,
    exceptions,
    onStored,
  });
  return withCapture(source, signal, async (tap) => {
    await pipeline.run(tap);
    await exceptions.keep();
    return { tap: tap.counters(), pipeline: pipeline.counters };
  });
}

/** Hands over the ECS documents of a capture's events, a batch at a time, in the order of the capture. */
export async function convertCapture(
  source: Capture,
  take: (documents: Document[]) => Promise<void>,
  signal: AbortSignal,
): Promise<TapCounters> {
  const reader = new EventReader(REPLAY_ORIGIN);
  return withCapture(source, signal, async (tap) => {
    for (let batch = await tap.next(); batch !== null; batch = await tap.next()) {
      await take(documentsOf(batch, reader));
    }
    return tap.counters();
  });
}

/** @throws InterruptedError where the signal came before the capture's end: part of it must not pass for all */
async function withCapture<T>(
  source: Capture,
  signal: AbortSignal,
  use: (tap: Tap) => Promise<T>,
): Promise<T> {
  const tap = openCapture(source);
  const stop = (): void => void tap.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const result = await use(tap);
    if (signal.aborted) throw new InterruptedError(`stopped before the end of ${sourceName(source)}`);
    return result;
  } finally {
    signal.removeEventListener('abort', stop);
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
