import * as v from 'valibot';
import type { HostIdentity } from '../ecs/index.ts';
import type { Timebase } from './clock-watch.ts';

const text = v.pipe(v.string(), v.nonEmpty(), v.maxLength(1024));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31));
const time = v.optional(v.pipe(v.string(), v.isoTimestamp()));

/** An id becomes a part of hashes, whose parts are joined by `|`. */
const hostId = v.pipe(text, v.regex(/^[^|\p{Cc}]+$/u));

const start = v.object({
  source: v.optional(text),
  host: v.object({ id: hostId, name: v.optional(text), architecture: v.optional(text) }),
  os: v.optional(
    v.object({ version: v.optional(text), build: v.optional(text), kernel: v.optional(text) }),
    {},
  ),
  boot_id: v.optional(text),
  agent: v.optional(v.object({ pump: whole, tap: whole })),
  timebase: v.optional(v.object({ numer: positive, denom: positive })),
  reason: v.optional(text),
  time,
  run: v.optional(text),
  resumed: v.optional(v.boolean(), false),
});

const dropped = v.object({ n: whole, cause: text, time });
const stop = v.object({
  exit: v.optional(whole),
  signal: v.optional(whole),
  stderr: v.optional(text),
  final: v.optional(v.boolean(), false),
  time,
});
const answer = v.object({
  request: whole,
  result: v.picklist(['done', 'gone', 'refused', 'unsupported', 'failed']),
  reason: v.optional(v.string(), ''),
});

/**
 * A control line is `{"exectap":{KIND:{…}}}`. It stands between event lines and says what they cannot: where they come
 * from, where some are missing.
 */
const line = v.object({
  exectap: v.union([v.object({ start }), v.object({ dropped }), v.object({ stop }), v.object({ answer })]),
});

/** A run of the tap begins, or goes on after its reader was restarted. Times are ms since the epoch. */
export interface TapStart {
  readonly kind: 'start';
  readonly host: HostIdentity;
  readonly bootId: string | undefined;
  /** The tap's program, and why it was chosen. */
  readonly source: string | undefined;
  readonly reason: string | undefined;
  /** The processes behind the stream, whose own events are of no interest. */
  readonly agent: { readonly pump: number; readonly tap: number } | undefined;
  /** Of mach_time. */
  readonly timebase: Timebase | undefined;
  /** Names one life of the tap. */
  readonly run: string | undefined;
  /** The run had begun before; this reader is new to it. */
  readonly resumed: boolean;
  readonly timeMs: number | undefined;
}

export interface TapDropped {
  readonly kind: 'dropped';
  readonly lines: number;
  /** `overflow`: they came faster than they were read; `worker`: nobody was there to read them. */
  readonly cause: string;
  readonly timeMs: number | undefined;
}

export interface TapStop {
  readonly kind: 'stop';
  readonly exit: number | undefined;
  readonly signal: number | undefined;
  /** What the tap's standard error named as the reason. */
  readonly words: string | undefined;
  /** It was ended, and is not started again: the agent ends. */
  readonly final: boolean;
  readonly timeMs: number | undefined;
}

/** What became of a request to root. */
export interface RootAnswer {
  readonly kind: 'answer';
  readonly request: number;
  readonly result: 'done' | 'gone' | 'refused' | 'unsupported' | 'failed';
  readonly reason: string;
}

export type ControlLine = TapStart | TapDropped | TapStop | RootAnswer;

/** What a control line says; null for those of other kinds and for malformed ones. */
export function readControlLine(json: string): ControlLine | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // The decoder took it for a control line by its first key alone; what follows may be cut.
    return null;
  }
  const parsed = v.safeParse(line, value);
  return parsed.success ? told(parsed.output.exectap) : null;
}

function told(said: v.InferOutput<typeof line>['exectap']): ControlLine {
  if ('start' in said) return tapStart(said.start);
  if ('dropped' in said) {
    const { n, cause } = said.dropped;
    return { kind: 'dropped', lines: n, cause, timeMs: timeOf(said.dropped) };
  }
  if ('stop' in said) {
    const { exit, signal, stderr, final } = said.stop;
    return { kind: 'stop', exit, signal, words: stderr, final, timeMs: timeOf(said.stop) };
  }
  return { kind: 'answer', ...said.answer };
}

function tapStart(said: v.InferOutput<typeof start>): TapStart {
  const { host, os, boot_id, run, resumed, source, reason, agent, timebase } = said;
  return {
    kind: 'start',
    host: {
      id: host.id,
      name: host.name,
      architecture: host.architecture,
      osVersion: os.version,
      osBuild: os.build,
      kernel: os.kernel,
    },
    bootId: boot_id,
    source,
    reason,
    agent,
    timebase,
    run,
    resumed,
    timeMs: timeOf(said),
  };
}

function timeOf(said: { time?: string | undefined }): number | undefined {
  return said.time === undefined ? undefined : Date.parse(said.time);
}
