import * as v from 'valibot';
import { MUTE_KINDS, MUTE_LIMIT, type MuteKind, type MuteSelector } from './mutes.ts';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNIT_MS;

/** Bytes of a path on macOS [sys/syslimits.h: PATH_MAX]. */
const PATH_BYTES = 1_024;
/** Characters of a signing identifier; what codesign(1) makes of bundle ids is far shorter. */
const SIGNING_ID_LENGTH = 512;

export const path = v.pipe(
  v.string('must be a path'),
  v.nonEmpty('must not be empty'),
  v.check((text) => !text.includes('\0'), 'must be a path'),
);

export const paths = v.array(path, 'must be a list of paths');

/** What a data stream's namespace may be [Elastic: data stream naming scheme]: lower case, no `-`, short. */
export const namespace = v.pipe(
  v.string('must be text'),
  v.regex(/^[a-z0-9_.]{1,100}$/, 'must be 1 to 100 of a-z, 0-9, "_" and "."'),
);

export const destinationName = v.pipe(
  v.string('must be text'),
  v.regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9, "_" and "-"'),
);

export const collectorUrl = v.pipe(
  v.string('must be text'),
  v.check(isCollectorUrl, 'must be an http or https URL without a user name, a query or a fragment'),
);

function isCollectorUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && `${username}${password}${search}${hash}` === '';
}

/** One of a few words. */
export function word<const W extends readonly [string, ...string[]]>(words: W) {
  return v.picklist(words, `must be ${orList(words)}`);
}

export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

export interface DurationRange {
  readonly minMs: number;
  readonly maxMs: number;
  /** Whether 0 may stand outside the range, for "off". */
  readonly off?: boolean;
}

/** A span of time: `250ms`, `5s`, `1h`, or a number of seconds. Gives milliseconds. */
export function duration(range: DurationRange) {
  return v.pipe(
    v.union([v.string(), v.number()], 'must be a duration: 250ms, 5s, 1h, or a number of seconds'),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const ms = parseDuration(dataset.value);
      if (ms === null) {
        addIssue({ message: 'must be a duration: 250ms, 5s, 1h, or a number of seconds' });
        return NEVER;
      }
      const fits = (range.off === true && ms === 0) || (ms >= range.minMs && ms <= range.maxMs);
      if (!fits) addIssue({ message: `must be ${rangeText(range)}` });
      return ms;
    }),
  );
}

export function rangeText({ minMs, maxMs, off }: DurationRange): string {
  return `${off === true ? '0 (off), or ' : ''}from ${durationText(minMs)} to ${durationText(maxMs)}`;
}

function parseDuration(given: string | number): number | null {
  if (typeof given === 'number')
    return Number.isFinite(given) && given >= 0 ? Math.round(given * 1_000) : null;
  const parts = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(given);
  return parts === null ? null : Math.round(Number(parts[1]) * UNIT_MS[parts[2] as Unit]);
}

/** A duration in the largest unit that it is a whole number of. */
export function durationText(ms: number): string {
  if (ms === 0) return '0';
  const unit = (['d', 'h', 'm', 's'] as const).find((each) => ms % UNIT_MS[each] === 0) ?? 'ms';
  return `${ms / UNIT_MS[unit]}${unit}`;
}

const mutedPath = v.pipe(
  v.string('must be a path'),
  v.startsWith('/', 'must be an absolute path, as macOS reports it'),
  v.check(isPlainPath, 'must be a plain path, without "//", "." and ".."'),
  v.maxBytes(PATH_BYTES, `must have at most ${PATH_BYTES} bytes`),
  v.check((text) => !/[*?]/.test(text), 'must be a prefix: "*" and "?" mean nothing here'),
);

function isPlainPath(text: string): boolean {
  return !text.includes('\0') && !/\/\/|\/\.\.?(\/|$)/.test(text);
}

const MUTE_VALUES: Record<MuteKind, v.GenericSchema<unknown, string>> = {
  path: mutedPath,
  parent: mutedPath,
  signing_id: v.pipe(
    v.string('must be text'),
    v.regex(/^[\x21-\x7e]+$/, 'must be a signing identifier, as codesign -d shows it'),
    v.maxLength(SIGNING_ID_LENGTH, `must have at most ${SIGNING_ID_LENGTH} characters`),
  ),
  team_id: v.pipe(
    v.string('must be text'),
    v.regex(/^[A-Z0-9]{10}$/, 'must be the ten capitals and digits of a team'),
  ),
};

const MUTE_FORM = `must be one of ${MUTE_KINDS.join(', ')} with its value, such as "path: /opt/build/"`;

/** `{path: PREFIX}` and the like: exactly one key an entry. */
const mute = v.pipe(
  v.record(v.string(), v.unknown(), MUTE_FORM),
  v.rawTransform(({ dataset, addIssue, NEVER }): MuteSelector => {
    const [first, ...more] = Object.entries(dataset.value);
    const kind = MUTE_KINDS.find((each) => each === first?.[0]);
    if (kind === undefined || more.length > 0) {
      addIssue({ message: more.length > 0 ? `${MUTE_FORM}; this one has several keys` : MUTE_FORM });
      return NEVER;
    }
    const checked = v.safeParse(MUTE_VALUES[kind], first?.[1]);
    if (checked.success) return { kind, value: checked.output };
    for (const { message } of checked.issues) addIssue({ message: `${kind} ${message}` });
    return NEVER;
  }),
);

export const mutes = v.pipe(
  v.array(mute, `must be a list, each of its entries one of ${MUTE_KINDS.join(', ')}`),
  v.maxLength(MUTE_LIMIT, `must be at most ${MUTE_LIMIT}: every event is compared with each`),
);
