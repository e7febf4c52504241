import { randomUUID } from 'node:crypto';
import { type Origin, UNKNOWN_CAPTURE } from '../ecs/index.ts';
import { createElasticsearch, Forwarder } from '../forward/index.ts';
import { RuleSet } from '../rules/index.ts';
import { type AlertStore, lockState, type NewAlert, openStore } from '../store/index.ts';
import type { Tap, TapCounters } from '../tap/index.ts';
import { HEARTBEAT_MS } from './activity.ts';
import type { Config, DestinationConfig } from './config.ts';
import { type EsloggerRun, startEslogger } from './eslogger.ts';
import { thisMac } from './host.ts';
import type { Log } from './log.ts';
import { Pipeline, type PipelineCounters } from './pipeline.ts';
import { keepRules, restoreRules } from './rule-state.ts';
import { openCapture, type Source, sourceName } from './source.ts';
import { VERSION } from './version.ts';

/** How often a live tap tells its rules the time. */
const TICK_MS = 1_000;
/** How long a capture's run goes on trying to deliver once it has read everything. */
const DRAIN_MS = 10_000;

export interface RunOptions {
  readonly state: string;
  readonly source: Source;
  readonly config: Config;
  readonly log: Log;
  /** Ends a live tap, and a capture early, in order. */
  readonly signal?: AbortSignal;
  /** Told of new alerts once they are durable. */
  readonly onStored?: (alerts: readonly NewAlert[]) => void;
  /** Told of matches whose alert was there already. */
  readonly onKnown?: (alerts: readonly NewAlert[]) => void;
}

/** What one run saw and did, as `exectap status` shows it. */
export interface RunCounters {
  readonly tap: TapCounters;
  readonly pipeline: PipelineCounters;
}

export interface RunResult extends RunCounters {
  /** Alerts that still wait for the destination. */
  readonly undelivered: number;
}

/**
 * The agent: taps, detects, stores, sends. A capture is read to its end and delivered as far as the collector takes
 * it; a live tap goes on until the signal.
 */
export async function runAgent(options: RunOptions): Promise<RunResult> {
  const store = await openStore(options.state, { createIfMissing: true });
  try {
    const lock = await lockState(options.state);
    try {
      return await runWith(store, options);
    } finally {
      await lock.release();
    }
  } finally {
    await store.close();
  }
}

async function runWith(store: AlertStore, options: RunOptions): Promise<RunResult> {
  const { source, config, log, signal } = options;
  const live = source.kind === 'eslogger';
  const origin: Origin = {
    host: live ? await thisMac() : UNKNOWN_CAPTURE,
    agent: { id: await agentId(store), version: VERSION },
    namespace: config.namespace,
  };
  const rules = loadRules(config.rules, log);
  await restoreRules(rules, store, log);
  const forwarder = await startForwarder(store, config, log);
  const pipeline = new Pipeline({
    origin,
    replay: !live,
    rules,
    store,
    onStored: (alerts) => {
      forwarder?.notify();
      options.onStored?.(alerts);
    },
    ...(options.onKnown !== undefined && { onKnown: options.onKnown }),
  });
  const opened = openSource(source);
  const counters = (): RunCounters => ({ tap: opened.tap.counters(), pipeline: pipeline.counters });
  const ledger = await beginRun(store, source, counters, log, () => keepRules(rules, store));
  const clock = live ? setInterval(() => pipeline.tick(), TICK_MS) : undefined;
  const onAbort = (): void => void opened.stop();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal?.aborted === true) onAbort();
    log.info('tap started', { source: sourceName(source), host: origin.host.id });
    await pipeline.run(opened.tap);
    await opened.ended(signal?.aborted === true);
    const undelivered = (await forwarder?.drain(Date.now() + (live ? 0 : DRAIN_MS))) ?? 0;
    return { ...counters(), undelivered };
  } finally {
    signal?.removeEventListener('abort', onAbort);
    clearInterval(clock);
    await opened.close();
    await forwarder?.stop();
    await ledger.end();
  }
}

interface OpenedSource {
  readonly tap: Tap;
  /** Rejects if the source ended although nobody stopped it and it should have gone on. */
  ended(stopped: boolean): Promise<void>;
  /** Ends the source early; the tap comes to its end soon after. */
  stop(): Promise<void>;
  /** Ends it if need be, and lets go of everything. */
  close(): Promise<void>;
}

function openSource(source: Source): OpenedSource {
  if (source.kind === 'eslogger') return openEslogger(startEslogger());
  const tap = openCapture(source);
  return { tap, ended: async () => undefined, stop: () => tap.stop(), close: () => tap.stop() };
}

function openEslogger(run: EsloggerRun): OpenedSource {
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopped ??= run.stop();
    return stopped;
  };
  return {
    tap: run.tap,
    stop,
    async ended(byUs) {
      const error = byUs ? null : await run.ended;
      if (error !== null) throw error;
    },
    async close() {
      await stop();
      await run.close();
    },
  };
}

/** A rule that cannot be used is told of and does not keep the others from running. */
export function loadRules(paths: readonly string[], log: Log): RuleSet {
  let unusable = 0;
  const rules = RuleSet.load(paths, (error) => {
    unusable += 1;
    log.debug('a rule cannot be used', { problem: error.message });
  });
  if (unusable > 0) log.warn('rules that cannot be used; exectap rules check tells why', { rules: unusable });
  return rules;
}

async function startForwarder(store: AlertStore, config: Config, log: Log): Promise<Forwarder | null> {
  const { destination, namespace } = config;
  if (destination === undefined) return null;
  const forwarder = new Forwarder(store, createElasticsearch(elasticsearchOptions(destination, namespace)), {
    log,
  });
  await forwarder.start();
  return forwarder;
}

function elasticsearchOptions(destination: DestinationConfig, namespace: string) {
  const { name, type, url, apiKeyFile, caFile } = destination;
  return {
    name,
    type,
    url,
    namespace,
    ...(apiKeyFile !== undefined && { apiKeyFile }),
    ...(caFile !== undefined && { caFile }),
  };
}

/** Made once for a state directory and kept there: it names this installation to the collector. */
async function agentId(store: AlertStore): Promise<string> {
  const known = await store.getMeta('agent.id');
  if (known !== null) return known;
  const id = randomUUID();
  await store.setMeta('agent.id', id);
  return id;
}

/** Keeps the record of this run in the state, so that `status` can tell what an agent sees, or saw last. */
async function beginRun(
  store: AlertStore,
  source: Source,
  counters: () => RunCounters,
  log: Log,
  keep: () => Promise<void>,
) {
  const run = await store.beginRun({ source: sourceName(source), pid: process.pid, startedMs: Date.now() });
  const write = async (end: boolean): Promise<void> => {
    const heartbeatMs = Date.now();
    await keep();
    await store.updateRun(run, {
      heartbeatMs,
      ...(end && { endedMs: heartbeatMs }),
      counters: JSON.stringify(counters()),
    });
  };
  const timer = setInterval(() => {
    write(false).catch((error: unknown) =>
      log.warn('the record of this run could not be written', { error: String(error) }),
    );
  }, HEARTBEAT_MS);
  timer.unref();
  return {
    async end(): Promise<void> {
      clearInterval(timer);
      await write(true);
    },
  };
}
