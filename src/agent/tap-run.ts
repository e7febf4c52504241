import type { Forwarder } from '../forward/index.ts';
import type { RuleSet } from '../rules/index.ts';
import type { AlertStore, NewAlert } from '../store/index.ts';
import type { Tap } from '../tap/index.ts';
import { HEARTBEAT_MS } from './activity.ts';
import { warnOf } from './config-warnings.ts';
import { startControl } from './control.ts';
import type { Exceptions } from './exceptions.ts';
import { type Hearing, heardRestart } from './hearing.ts';
import type { Log, LogLevel } from './log.ts';
import { openSource } from './opened-source.ts';
import type { OwnEvents } from './own-events.ts';
import type { Pipeline } from './pipeline.ts';
import type { AgentParts, Reloaded } from './requests/index.ts';
import type { RootChannel } from './root-channel.ts';
import { loadTrustedRules } from './rule-loading.ts';
import { keepRules } from './rule-state.ts';
import type { RunOptions, RunResult } from './run-options.ts';
import { beginRun, type RunCounters } from './run-record.ts';
import { SelfTest } from './self-test.ts';
import { sourceName } from './source.ts';

/** How often a live tap tells its rules the time. */
const TICK_MS = 1_000;
/** How long a capture's run goes on trying to deliver once it has read everything. */
const DRAIN_MS = 10_000;
/** How long a flush tries to deliver: a person waits for it. */
const FLUSH_MS = 1_500;

export type AlertWatcher = (alerts: readonly NewAlert[]) => void;

/** What a run is made of, ready to begin. */
export interface TapRun extends RunOptions {
  readonly store: AlertStore;
  rules: RuleSet;
  /** The log's level in the configuration as it was read last. */
  level?: LogLevel;
  readonly exceptions: Exceptions;
  readonly forwarder: Forwarder | null;
  readonly live: boolean;
  readonly hearing: Hearing;
  readonly own: OwnEvents;
  readonly watchers: Set<AlertWatcher>;
}

/** Reads the source to its end, or until the signal. Everything that was found is durable when it resolves. */
export async function tapUntilTheEnd(pipeline: Pipeline, run: TapRun): Promise<RunResult> {
  const { source, store, forwarder, live, log, signal } = run;
  const { position, gaps, root } = run.hearing;
  const opened = openSource(source, run.config.tap);
  const selfTest = new SelfTest({
    own: run.own,
    gaps,
    log,
    ...run.config.selftest,
    lastEventMs: () => position.lastMs,
    onFailure: () => restartTap(run),
  });
  const counters = (): RunCounters => ({
    tap: opened.tap.counters(),
    pipeline: pipeline.counters,
    ...(live && {
      gaps: gaps.counters,
      selfTest: selfTest.counters,
      ...(run.hearing.tapSource !== null && { tapSource: run.hearing.tapSource }),
    }),
  });
  const record = await beginRun(store, source, counters, log, async () => {
    await keepRules(run.rules, store);
    await run.exceptions.keep();
    await position.keep(store);
    await gaps.settled();
  });
  const control =
    run.control === undefined
      ? null
      : await startControl(
          run.control,
          partsOf(pipeline, run, selfTest, () => record.row(counters())),
          log,
        );
  const clock = live ? setInterval(() => tick(pipeline, run, opened.tap), TICK_MS) : undefined;
  const life = root === null ? undefined : keepAlive(root, log);
  const onAbort = (): void => void opened.stop();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal?.aborted === true) onAbort();
    if (live) selfTest.start();
    log.info('tap started', { source: sourceName(source) });
    await pipeline.run(opened.tap);
    await opened.ended(signal?.aborted === true);
    gaps.end(Date.now());
    await gaps.settled();
    const undelivered = (await forwarder?.drain(Date.now() + (live ? 0 : DRAIN_MS))) ?? 0;
    return { ...counters(), undelivered };
  } finally {
    signal?.removeEventListener('abort', onAbort);
    clearInterval(clock);
    clearInterval(life);
    selfTest.stop();
    await control?.close();
    await opened.close();
    await forwarder?.stop();
    gaps.end(Date.now());
    await record.end();
  }
}

function tick(pipeline: Pipeline, run: TapRun, tap: Tap): void {
  pipeline.tick();
  const { sequenceRestarts } = tap.counters();
  if (sequenceRestarts > run.hearing.restarts) heardRestart(run.hearing);
  run.hearing.restarts = sequenceRestarts;
  run.hearing.gaps.tick(Date.now());
}

/** A tap that sees nothing may see again after a start: Full Disk Access that was given later needs one. */
function restartTap({ hearing, log }: TapRun): void {
  hearing.root
    ?.restartTap()
    .catch((error: unknown) => log.warn('the tap could not be restarted', { error: String(error) }));
}

/** Tells root that the event loop still turns. */
function keepAlive(root: RootChannel, log: Log): NodeJS.Timeout {
  const beat = (): void => {
    root.beat().catch((error: unknown) => log.warn('no sign of life to root', { error: String(error) }));
  };
  beat();
  return setInterval(beat, HEARTBEAT_MS);
}

function partsOf(pipeline: Pipeline, run: TapRun, selfTest: SelfTest, row: AgentParts['run']): AgentParts {
  const { state, store, exceptions, forwarder, watchers } = run;
  const { gaps, root } = run.hearing;
  return {
    state,
    store,
    exceptions,
    gaps,
    hasRule: (id) => run.rules.rules.some((rule) => rule.id === id),
    root,
    run: row,
    selfTest: run.live ? () => selfTest.run() : null,
    reload: async () => reload(pipeline, run),
    async flush() {
      await pipeline.settled();
      return (await forwarder?.drain(Date.now() + FLUSH_MS)) ?? 0;
    },
    setLogLevel: (level) => run.setLogLevel?.(level),
    findProcess: (id) => pipeline.findProcess(id),
    watchEvents: (watcher) => pipeline.watch(watcher),
    watchAlerts(watcher) {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
}

/** Rules, mutes and the log's level take effect at once; what else has changed, with the next start. */
function reload(pipeline: Pipeline, run: TapRun): Reloaded {
  const config = run.readConfig?.() ?? run.config;
  let unusable = 0;
  const rules = loadTrustedRules(config.rules, run.trust, run.log, (count) => {
    unusable = count;
  });
  pipeline.useRules(rules);
  run.rules = rules;
  pipeline.useMutes(config.mutes);
  warnOf(config, run.log);
  // What log-level has set stays, unless the configuration has another level than before.
  if (config.log.level !== (run.level ?? run.config.log.level)) run.setLogLevel?.(config.log.level);
  run.level = config.log.level;
  const atNextStart = (['state', 'source', 'namespace', 'destination', 'tap', 'selftest'] as const).filter(
    (key) => JSON.stringify(config[key]) !== JSON.stringify(run.config[key]),
  );
  return { rules: rules.rules.length, unusable, mutes: config.mutes.length, atNextStart };
}
