import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { Gaps } from './gaps.ts';
import type { Log } from './log.ts';
import type { OwnEvents } from './own-events.ts';

/**
 * Harmless, everywhere, and short: it waits for some 0.2 s. Which number exactly is the nonce, so nothing else need be
 * passed to it.
 */
const PROGRAM = '/bin/sleep';
const NONCE_DIGITS = 20;
/** eslogger takes some half a second from its start to its first line. */
const FIRST_MS = 3_000;
/** After a test that failed the next one comes sooner. */
const RETRY_MS = 60_000;
/** Events of a test program come late; after this nobody looks for them any more. */
const FORGET_MS = 10_000;

export interface SelfTestOptions {
  readonly own: OwnEvents;
  readonly gaps: Pick<Gaps, 'open' | 'close'>;
  readonly log: Log;
  /** Between two tests that succeed; 0: none but those that are asked for. */
  readonly intervalMs: number;
  /** How long the event may take. */
  readonly timeoutMs: number;
  /** When the tap was last seen to work; undefined before its first event. */
  readonly lastEventMs: () => number | undefined;
  /** Told of a test that failed, once it is told in the log. */
  readonly onFailure: () => void;
}

export interface SelfTestResult {
  readonly ok: boolean;
  readonly atMs: number;
  /** From the execution to its event; null where none came. */
  readonly latencyMs: number | null;
  /** What is most likely wrong; null where nothing is. */
  readonly cause: string | null;
}

export interface SelfTestCounters {
  readonly passed: number;
  readonly failed: number;
  readonly last: SelfTestResult | null;
}

/** Executes a program and requires that the tap tells of it: an agent that sees nothing must not look healthy. */
export class SelfTest {
  readonly #options: SelfTestOptions;
  readonly #ended = new AbortController();
  readonly #startedMs = Date.now();
  #passed = 0;
  #failed = 0;
  #last: SelfTestResult | null = null;
  #running: Promise<SelfTestResult> | null = null;

  constructor(options: SelfTestOptions) {
    this.#options = options;
  }

  get counters(): SelfTestCounters {
    return { passed: this.#passed, failed: this.#failed, last: this.#last };
  }

  /** Tests soon after the start and then at the interval, until `stop`. */
  start(): void {
    if (this.#options.intervalMs > 0) void this.#repeat();
  }

  stop(): void {
    this.#ended.abort();
  }

  /** One test; a second one that is asked for meanwhile is the same. */
  run(): Promise<SelfTestResult> {
    this.#running ??= this.#test().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#ended;
    try {
      await sleep(FIRST_MS, undefined, { signal, ref: false });
      for (;;) {
        const { ok } = await this.run();
        await sleep(ok ? this.#options.intervalMs : Math.min(RETRY_MS, this.#options.intervalMs), undefined, {
          signal,
          ref: false,
        });
      }
    } catch (error) {
      // The agent ends, and its tests with it.
      if (!signal.aborted) throw error;
    }
  }

  async #test(): Promise<SelfTestResult> {
    const { gaps, log } = this.#options;
    const latencyMs = await this.#provoke();
    const atMs = Date.now();
    if (this.#ended.signal.aborted) return { ok: false, atMs, latencyMs: null, cause: 'the agent ends' };
    const ok = latencyMs !== null;
    const cause = ok ? null : this.#likelyCause();
    this.#last = { ok, atMs, latencyMs, cause };
    if (ok) {
      this.#passed += 1;
      gaps.close('tap silent', atMs);
      log.debug('self-test passed', { latency_ms: latencyMs });
    } else {
      this.#failed += 1;
      gaps.open('tap silent', this.#options.lastEventMs() ?? this.#startedMs, cause);
      log.warn('self-test failed: an execution was not seen', { cause });
      this.#options.onFailure();
    }
    return this.#last;
  }

  /** Milliseconds until the event was seen; null where it was not. */
  async #provoke(): Promise<number | null> {
    const { own, timeoutMs } = this.#options;
    const nonce = `0.2${Array.from({ length: NONCE_DIGITS }, () => randomInt(10)).join('')}`;
    const started = performance.now();
    // In a session of its own: eslogger hides the process group that it is in.
    const child = spawn(PROGRAM, [nonce], { detached: true, stdio: 'ignore', env: {} });
    try {
      const pid = await startedAs(child);
      const seen = new Promise<number>((resolve) => {
        own.expect(pid, nonce, () => resolve(performance.now() - started));
      });
      setTimeout(() => own.forget(pid), FORGET_MS + timeoutMs).unref();
      return await Promise.race([
        seen.then(Math.round),
        sleep(timeoutMs, null, { signal: this.#ended.signal, ref: false }),
      ]);
    } catch (error) {
      if (!this.#ended.signal.aborted)
        this.#options.log.warn('the self-test could not be made', { error: messageOf(error) });
      return null;
    }
  }

  #likelyCause(): string {
    const last = this.#options.lastEventMs();
    if (last === undefined)
      return 'the tap has told of nothing yet: no Full Disk Access for exectap, or the tap does not run';
    return `other events came, the last at ${new Date(last).toISOString()}: the tap is silent now, or tells only some`;
  }
}

async function startedAs(child: ChildProcess): Promise<number> {
  if (child.pid === undefined) await once(child, 'spawn');
  child.unref();
  return child.pid!;
}
