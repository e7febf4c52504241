import type { Document } from './document.ts';
import { gapStartId } from './ids.ts';
import { ECS_VERSION, type HostIdentity, type Origin, systemName } from './origin.ts';

export type GapCause =
  /** No agent ran. */
  | 'not running'
  /** The tap may not see: not root, no Full Disk Access. */
  | 'no permission'
  /** Numbers of the tap's events are missing: the kernel dropped them, or the numbers began again. */
  | 'sequence'
  /** Events were dropped here, because they came faster than they were evaluated. */
  | 'overflow'
  /** An execution of our own was not seen. */
  | 'tap silent'
  /** The wall clock went on alone: the Mac slept, or the clock was set forward. */
  | 'sleep'
  /** The wall clock was set back. */
  | 'clock set'
  /** The tap ended; it is started again unless the agent ends too. */
  | 'tap ended'
  /** The worker ended; what it had taken in and not yet evaluated is lost. */
  | 'worker restarted'
  /** Lines were thrown away because nobody took them fast enough, or at all. */
  | 'dropped';

/** An interval in which executions may have happened that no rule saw. */
export interface Gap {
  readonly cause: GapCause;
  readonly fromMs: number;
  /** Null while it lasts. */
  readonly toMs: number | null;
  /** Events that were lost; null where nobody can tell. */
  readonly lost: number | null;
  /** False: `lost` is a bound. `boundOf` tells which. */
  readonly exact: boolean;
  readonly detail: string | null;
  /** What the numbers of single event types told of the loss. */
  readonly lostByType?: Readonly<Record<string, number>>;
}

/** What is not known exactly: after a restart some may have been evaluated; else more may be missing than was counted. */
export function boundOf({ cause, exact }: Pick<Gap, 'cause' | 'exact'>): '' | 'at most ' | 'at least ' {
  if (exact) return '';
  return cause === 'worker restarted' ? 'at most ' : 'at least ';
}

const WORDS: Record<GapCause, string> = {
  'not running': 'no agent ran',
  'no permission': 'the tap may not see executions',
  sequence: 'numbers of events are missing',
  overflow: 'events came faster than they were evaluated',
  'tap silent': 'an execution of the agent was not seen',
  sleep: 'the Mac slept, or its clock was set forward',
  'clock set': 'the clock was set back',
  'tap ended': 'the tap had ended',
  'worker restarted': 'the worker was restarted',
  dropped: 'lines of the tap were dropped',
};

/** The gap as a sentence, without its times. */
function reasonOf(gap: Gap, host: HostIdentity): string {
  const loss = gap.lost === null ? '' : `; ${boundOf(gap)}${gap.lost} events were lost`;
  const detail = gap.detail === null ? '' : ` (${gap.detail})`;
  const verb = gap.toMs === null ? 'is' : 'was';
  return `exectap ${verb} blind on ${host.name ?? host.id}: ${WORDS[gap.cause]}${detail}${loss}`;
}

/**
 * The ECS document of a gap: that it has begun while it lasts, and that it has ended, with all that is known, once it has.
 *
 * A data stream takes an id once and changes nothing, so these are two documents. That of the end is the record: every
 * gap gets it, with the gap's own id, start, end and loss. That of the start has an id of its own.
 * Of the categories that ECS 9.4 gives `host` is the one of a host's own state that has the types start and end; a rule
 * about processes must not take a gap for a process.
 *
 * @param createdAt when the agent made the document, ISO 8601
 */
export function gapDocument(id: string, gap: Gap, origin: Origin, createdAt: string): Document {
  const { host, agent, namespace } = origin;
  const { fromMs, toMs, cause, lost, exact, lostByType } = gap;
  const start = new Date(fromMs).toISOString();
  const reason = reasonOf(gap, host);
  return {
    '@timestamp': toMs === null ? start : iso(toMs),
    message: reason,
    ecs: { version: ECS_VERSION },
    data_stream: { type: 'logs', dataset: 'exectap.gaps', namespace },
    agent: { id: agent.id, type: 'exectap', version: agent.version },
    observer: { vendor: 'exectap', product: 'exectap', type: 'edr', version: agent.version },
    event: {
      kind: 'event',
      category: ['host'],
      type: [toMs === null ? 'start' : 'end'],
      action: toMs === null ? 'gap_started' : 'gap_ended',
      module: 'exectap',
      dataset: 'exectap.gaps',
      id: gapDocumentId(id, gap),
      created: createdAt,
      start,
      ...(toMs !== null && { end: iso(toMs), duration: Math.max(0, toMs - fromMs) * 1_000_000 }),
      reason,
    },
    host: hostObject(host),
    exectap: {
      gap: {
        id,
        cause,
        exact,
        ...(lost !== null && { lost }),
        ...(gap.detail !== null && { detail: gap.detail }),
        ...(lostByType !== undefined && { by_type: { ...lostByType } }),
      },
    },
  };
}

/** The id under which a destination keeps the document. */
export function gapDocumentId(id: string, { toMs }: Pick<Gap, 'toMs'>): string {
  return toMs === null ? gapStartId(id) : id;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** As the field table writes it for events. */
function hostObject(host: HostIdentity): Document {
  const { id, name, architecture, osVersion, kernel } = host;
  const full = systemName(host);
  return {
    id,
    ...(name !== undefined && { name, hostname: name }),
    ...(architecture !== undefined && { architecture }),
    os: {
      type: 'macos',
      platform: 'macos',
      family: 'macos',
      name: 'macOS',
      ...(osVersion !== undefined && { version: osVersion }),
      ...(full !== undefined && { full }),
      ...(kernel !== undefined && { kernel }),
    },
  };
}
