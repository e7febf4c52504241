import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Origin, UNKNOWN_CAPTURE } from '../ecs/index.ts';
import { type AlertStore, lockState, openStore, type StateLock, StateLockedError } from '../store/index.ts';
import { ClockWatch } from './clock-watch.ts';
import { warnOf } from './config-warnings.ts';
import { Exceptions } from './exceptions.ts';
import { startForwarder } from './forwarding.ts';
import { GapKeeper } from './gap-keeper.ts';
import { Gaps } from './gaps.ts';
import { type Hearing, heard, heardCaptured, heardEvent, heardGaps, notRunning } from './hearing.ts';
import { OwnEvents } from './own-events.ts';
import { Pipeline } from './pipeline.ts';
import { RootChannel } from './root-channel.ts';
import { loadTrustedRules } from './rule-loading.ts';
import { restoreRules } from './rule-state.ts';
import type { RunOptions, RunResult } from './run-options.ts';
import { TapPosition } from './tap-position.ts';
import { type AlertWatcher, tapUntilTheEnd } from './tap-run.ts';
import { VERSION } from './version.ts';

/** A worker whose predecessor was left without a pump waits for its end. */
const WORKER_LOCK_WAIT_MS = 10_000;
/** The command line may hold the lock for a moment, to learn that nobody else does. */
const LOCK_WAIT_MS = 500;
const LOCK_RETRY_MS = 200;

/**
 * The agent: taps, detects, stores, sends. A capture is read to its end and delivered as far as the collector takes
 * it; a live tap goes on until the signal.
 */
export async function runAgent(options: RunOptions): Promise<RunResult> {
  // Before anything else: without root behind it a worker is no worker.
  const root = options.source.kind === 'exectapd' ? new RootChannel() : null;
  const store = await openStore(options.state, { createIfMissing: true });
  try {
    const lock = await takeLock(options.state, root === null ? LOCK_WAIT_MS : WORKER_LOCK_WAIT_MS);
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
    // Its name comes with the stream.
    host: UNKNOWN_CAPTURE,
    agent: { id: await agentId(store), version: VERSION },
    namespace: config.namespace,
  };
  const keeper = await GapKeeper.load(store, origin, log, Date.now());
  const gaps = new Gaps(log, keeper);
  const before = live ? notRunning(await store.lastRun(), source) : null;
  if (before !== null && root === null) gaps.add(before);
  warnOf(config, log);
  const rules = loadTrustedRules(config.rules, trust, log);
  await restoreRules(rules, store, log);
  const exceptions = await Exceptions.load(store, log);
  const forwarder = await startForwarder(store, config, log, trust);
  keeper.onSaved(() => forwarder?.notify());
  const position = new TapPosition();
  if (root !== null) await position.restore(store);
  const hearing: Hearing = {
    gaps,
    position,
    root,
    log,
    before: root === null ? null : before,
    clocks: new ClockWatch(),
    restarts: 0,
    tapSource: null,
  };
  const own = new OwnEvents();
  const watchers = new Set<AlertWatcher>();
  const pipeline = new Pipeline({
    origin,
    live,
    rules,
    mutes: config.mutes,
    store,
    exceptions,
    position,
    own,
    onStored: (alerts) => {
      forwarder?.notify();
      for (const watcher of watchers) watcher(alerts);
      options.onStored?.(alerts);
    },
    ...(options.onKnown !== undefined && { onKnown: options.onKnown }),
    onControl: (line) => {
      if (line.kind === 'start') keeper.host(line.host);
      if (live) heard(line, hearing);
    },
    onGap: (gap) => gaps.add(gap),
    onMissing: (missing) => heardGaps(missing, hearing),
    onLastEvent: (record) => (live ? heardEvent(record, hearing) : heardCaptured(record, hearing)),
  });
  return tapUntilTheEnd(pipeline, {
    ...options,
    hearing,
    own,
    store,
    rules,
    exceptions,
    forwarder,
    live,
    watchers,
  });
}

/** Made once for a state directory and kept there: it names this installation to the collector. */
async function agentId(store: AlertStore): Promise<string> {
  const known = await store.getMeta('agent.id');
  if (known !== null) return known;
  const id = randomUUID();
  await store.setMeta('agent.id', id);
  return id;
}
