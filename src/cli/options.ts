import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultStateDirectory, LOG_LEVELS } from '../agent/index.ts';
import { ALERT_STATUSES, type AlertStatus } from '../store/index.ts';

/** What every verb takes, before it or after it. */
export interface CommonOptions {
  state?: string;
  socket?: string;
  debug?: boolean;
}

/** Where a verb finds the agent, or what the last one left. */
export interface Place {
  /** Folder of the state. */
  readonly state: string;
  /** Whether the person has named it; else the daemon's own is looked for first. */
  readonly stateAsked: boolean;
  /** The socket of the agent, where the person has named it. */
  readonly socket: string | undefined;
}

export function placeOf(command: Command): Place {
  const { state, socket } = command.optsWithGlobals<CommonOptions>();
  return { state: state ?? defaultStateDirectory(), stateAsked: state !== undefined, socket };
}

export const socketOption = (): Option =>
  new Option(
    '--socket <path>',
    'control socket of the agent to ask (default: the daemon’s, then the state’s)',
  ).argParser(notEmpty);

/** `--state` has no default of its own: the configuration may name the directory. */
export const stateOption = (): Option =>
  new Option('--state <dir>', `directory of the state (default: ${defaultStateDirectory()})`).argParser(
    notEmpty,
  );

/** `--state "$UNSET"` must not mean the current directory. */
export function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text;
}

/** The state directory for a verb that reads no configuration. */
export const stateDirectory = (command: Command): string =>
  command.optsWithGlobals<CommonOptions>().state ?? defaultStateDirectory();

export const jsonOption = (description: string): Option => new Option('--json', description);

export const statusOption = (): Option =>
  new Option('--status <status>', 'only alerts in this status').choices([
    ...ALERT_STATUSES,
  ] satisfies AlertStatus[]);

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** A point in time: `90m`, `12h`, `7d` before now, or an ISO 8601 date or time. Milliseconds since the epoch. */
export function parseSince(text: string, now: number): number {
  const ago = /^(\d{1,6})([smhdw])$/.exec(text);
  if (ago !== null) return now - Number(ago[1]) * UNIT_MS[ago[2]!]!;
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new InvalidArgumentError('Give an age (90m, 12h, 7d) or an ISO 8601 time (2026-11-24T03:30:00Z).');
  return time;
}

/** A point in time to come: `12h`, `30d` from now, or an ISO 8601 date or time. Milliseconds since the epoch. */
export function parseUntil(text: string, now: number): number {
  const ahead = /^(\d{1,6})([smhdw])$/.exec(text);
  const given = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  const time = ahead === null ? given : now + Number(ahead[1]) * UNIT_MS[ahead[2]!]!;
  if (Number.isNaN(time))
    throw new InvalidArgumentError('Give a span (12h, 30d) or an ISO 8601 time (2026-11-24T03:30:00Z).');
  if (time <= now) throw new InvalidArgumentError('It has passed.');
  return time;
}

export function parseLimit(text: string): number {
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (limit < 1) throw new InvalidArgumentError('Give a whole number from 1 to 9999999.');
  return limit;
}

export const configOption = (): Option =>
  new Option('--config <file>', 'YAML configuration; exectap config shows its keys').argParser(notEmpty);

export const logLevelOption = (): Option =>
  new Option(
    '--log-level <level>',
    'what is logged to stderr (default: log.level of the configuration)',
  ).choices(LOG_LEVELS);

/** `--rules`, which can be given several times. */
export const rulesOption = (): Option =>
  new Option(
    '--rules <path>',
    'a file or folder of rules besides the built-in ones; may be given again',
  ).argParser((path: string, before: string[] | undefined) => [...(before ?? []), notEmpty(path)]);
