import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Origin, UNKNOWN_CAPTURE } from '../ecs/index.ts';
import type { Forwarder } from '../forward/index.ts';
import { RuleSet } from '../rules/index.ts';
import {
  type AlertStore,
  lockState,
  type NewAlert,
  openStore,
  type RunRow,
  type StateLock,
  StateLockedError,
} from '../store/index.ts';
import { checkTrustedTree, type Trust } from '../trust/index.ts';
import { HEARTBEAT_MS } from './activity.ts';
import type { Config } from './config.ts';
import type { ControlLine } from './control-line.ts';
import { startForwarder } from './forwarding.ts';
import { Gaps } from './gaps.ts';
import { thisMac } from './host.ts';
import type { Log } from './log.ts';
import { openSource } from './opened-source.ts';
import { Pipeline } from './pipeline.ts';
import { RootChannel } from './root-channel.ts';
import { keepRules, restoreRules } from './rule-state.ts';
import { beginRun, type RunCounters } from './run-record.ts';
import { type Source, sourceName } from './source.ts';
import { TapPosition } from './tap-position.ts';
import { VERSION } from './version.ts';

/** How often a live tap tells its rules the time. */
const TICK_MS = 1_000;
/** How long a capture's run goes on trying to deliver once it has read everything. */
const DRAIN_MS = 10_000;
/** A worker whose predecessor was left without a pump waits for its end. */
const LOCK_WAIT_MS = 10_000;
const LOCK_RETRY_MS = 200;

export interface RunOptions {
  readonly state: string;
  readonly source: Source;
  readonly config: Config;
  readonly log: Log;
  /** Whose rules and secrets are used: installed, root's alone. */
  readonly trust: Trust;
  /** Ends a live tap, and a capture early, in order. */
  readonly signal?: AbortSignal;
  /** Told of new alerts once they are durable. */
  readonly onStored?: (alerts: readonly NewAlert[]) => void;
  /** Told of matches whose alert was there already. */
  readonly onKnown?: (alerts: readonly NewAlert[]) => void;
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
  // Before anything else: without root behind it a worker is no worker.
  const root = options.source.kind === 'exectapd' ? new RootChannel() : null;
  const store = await openStore(options.state, { createIfMissing: true });
  try {
    const lock = await takeLock(options.state, root === null ? 0 : LOCK_WAIT_MS);
    try {
      return await runWith(store, options, root);
    } finally {
      await lock.release();
    }
  } finally {
    await store.close();
  }
}

async function takeLock(state: string, waitMs: number): Promise<StateLock> {
  const giveUpAt = performance.now() + waitMs;
  for (;;) {
    try {
      return await lockState(state);
    } catch (error) {
      if (!(error instanceof StateLockedError) || performance.now() >= giveUpAt) throw error;
      await sleep(LOCK_RETRY_MS);
    }
  }
}

async function runWith(store: AlertStore, options: RunOptions, root: RootChannel | null): Promise<RunResult> {
  const { source, config, log, trust } = options;
  const live = source.kind === 'eslogger' || source.kind === 'exectapd';
  const origin: Origin = {
    host: source.kind === 'eslogger' ? await thisMac() : UNKNOWN_CAPTURE,
    agent: { id: await agentId(store), version: VERSION },
    namespace: config.namespace,
  };
  const gaps = new Gaps(log);
  if (live) notRunning(gaps, await store.lastRun(), source);
  const rules = loadTrustedRules(config.rules, trust, log);
  await restoreRules(rules, store, log);
  const forwarder = await startForwarder(store, config, log, trust);
  const position = new TapPosition();
  if (root !== null) await position.restore(store);
  const pipeline = new Pipeline({
    origin,
    hostFromStart: source.kind !== 'eslogger',
    live,
    rules,
    store,
    position,
    onStored: (alerts) => {
      forwarder?.notify();
      options.onStored?.(alerts);
    },
    ...(options.onKnown !== undefined && { onKnown: options.onKnown }),
    ...(live && {
      onControl: (line) => heard(line, { gaps, position, root, log }),
      onGap: (gap) => gaps.add(gap),
    }),
  });
  return tapUntilTheEnd(pipeline, { ...options, store, rules, forwarder, position, gaps, root, live });
}

interface Parts extends RunOptions {
  readonly store: AlertStore;
  readonly rules: RuleSet;
  readonly forwarder: Forwarder | null;
  readonly position: TapPosition;
  readonly gaps: Gaps;
  readonly root: RootChannel | null;
  readonly live: boolean;
}

async function tapUntilTheEnd(pipeline: Pipeline, parts: Parts): Promise<RunResult> {
  const { source, store, rules, forwarder, position, gaps, live, log, signal } = parts;
  const opened = openSource(source);
  const counters = (): RunCounters => ({
    tap: opened.tap.counters(),
    pipeline: pipeline.counters,
    ...(live && { gaps: gaps.counters }),
  });
  const record = await beginRun(store, source, counters, log, async () => {
    await keepRules(rules, store);
    await position.keep(store);
  });
  const clock = live ? setInterval(() => pipeline.tick(), TICK_MS) : undefined;
  const life = parts.root === null ? undefined : keepAlive(parts.root, log);
  const onAbort = (): void => void opened.stop();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal?.aborted === true) onAbort();
    log.info('tap started', { source: sourceName(source) });
    await pipeline.run(opened.tap);
    await opened.ended(signal?.aborted === true);
    const undelivered = (await forwarder?.drain(Date.now() + (live ? 0 : DRAIN_MS))) ?? 0;
    return { ...counters(), undelivered };
  } finally {
    signal?.removeEventListener('abort', onAbort);
    clearInterval(clock);
    clearInterval(life);
    await opened.close();
    await forwarder?.stop();
    await record.end();
  }
}

/** Tells root that the event loop still turns. */
function keepAlive(root: RootChannel, log: Log): NodeJS.Timeout {
  const beat = (): void => {
    root.beat().catch((error: unknown) => log.warn('no sign of life to root', { error: String(error) }));
  };
  beat();
  return setInterval(beat, HEARTBEAT_MS);
}

/** What a control line of a live tap means for this run. */
function heard(
  line: ControlLine,
  { gaps, position, root, log }: Pick<Parts, 'gaps' | 'position' | 'root' | 'log'>,
): void {
  const now = Date.now();
  switch (line.kind) {
    case 'start':
      gaps.started(line.timeMs ?? now);
      log.info('tap run', { run: line.run, resumed: line.resumed, host: line.host.id });
      return;
    case 'stop':
      gaps.stopped(line, now);
      return;
    case 'dropped': {
      const toMs = line.timeMs ?? now;
      const detail = line.cause === 'worker' ? 'there was no worker' : 'they came faster than they were read';
      const fromMs = position.lastMs ?? toMs;
      gaps.add({ cause: 'dropped', fromMs, toMs, lost: line.lines, exact: true, detail });
      return;
    }
    case 'answer':
      root?.answered(line);
  }
}

/** Between the last sign of life of the run before and now, nothing was seen. */
function notRunning(gaps: Gaps, last: RunRow | null, source: Source): void {
  if (last === null || last.source !== sourceName(source)) return;
  gaps.add({
    cause: 'not running',
    fromMs: last.endedMs ?? last.heartbeatMs,
    toMs: Date.now(),
    lost: null,
    exact: false,
    detail: last.endedMs === null ? 'the run before was cut off' : null,
  });
}

/**
 * The rules that the agent runs. Who can write them decides what is an alert.
 *
 * @throws UntrustedPathError naming the file or folder that somebody else could have written
 */
export function loadTrustedRules(paths: readonly string[], trust: Trust, log: Log): RuleSet {
  for (const path of paths) checkTrustedTree(path, trust);
  return loadRules(paths, log);
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

/** Made once for a state directory and kept there: it names this installation to the collector. */
async function agentId(store: AlertStore): Promise<string> {
  const known = await store.getMeta('agent.id');
  if (known !== null) return known;
  const id = randomUUID();
  await store.setMeta('agent.id', id);
  return id;
}
