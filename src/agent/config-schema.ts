import type * as v from 'valibot';
import {
  collectorUrl,
  type DurationRange,
  destinationName,
  duration,
  durationText,
  mutes,
  namespace,
  orList,
  path,
  paths,
  rangeText,
  word,
} from './config-values.ts';
import { LOG_LEVELS } from './log.ts';
import { MUTE_KINDS, MUTE_LIMIT, type MuteSelector } from './mutes.ts';

/** A key of the configuration: what checks it, and all that a person is told of it. */
export interface ConfigKey<S extends Schema = Schema, D = unknown> {
  /** What may be written, in words. */
  readonly type: string;
  /** What values are possible, where the type does not say it. */
  readonly range?: string;
  /** As it would be written; undefined = the key is not set. */
  readonly standard: D;
  /** Whole sentences, for the documentation and for the file that `init` writes. */
  readonly description: string;
  /** A value to show where there is no default, or the default shows nothing. */
  readonly example: unknown;
  readonly schema: S;
  /** Which values are paths, to be understood from the folder of the file. */
  readonly paths?: (value: never, place: (path: string) => string) => unknown;
  /** A checked value as it would be written. */
  readonly written?: (value: never) => unknown;
}

type Schema = v.GenericSchema<unknown, unknown>;

const key = <const D, S extends Schema>(of: ConfigKey<S, D>): ConfigKey<S, D> => of;

const onePath = (value: string, place: (path: string) => string): string => place(value);

const SOURCES: readonly string[] = ['auto', 'eslogger', 'endpoint-security', '-'];

function durationKey<const D>(range: DurationRange, standard: D, description: string) {
  return key({
    type: 'duration',
    range: rangeText(range),
    standard,
    description,
    example: standard,
    schema: duration(range),
    written: (ms: number) => durationText(ms),
  });
}

const TRANSPORTS = ['pty', 'pipe'] as const;
const DESTINATIONS = ['elasticsearch', 'opensearch'] as const;
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Every key there is. Checking, `show`, `init`, suggestions and docs/configuration.md are made from this table. */
export const KEYS = {
  state: key({
    type: 'path',
    standard: undefined,
    description:
      'Directory of the state: alerts, exceptions, what is still to be sent. Where it is not set, /var/db/exectap for root on macOS, else $XDG_STATE_HOME/exectap (~/.local/state/exectap).',
    example: '/var/db/exectap',
    schema: path,
    paths: onePath,
  }),
  source: key({
    type: 'auto, eslogger, endpoint-security, -, or a path',
    standard: 'auto',
    description:
      'Where events come from: what this Mac offers (auto), a tap by name, standard input (-), or the path of a capture.',
    example: 'auto',
    schema: path,
    paths: (value: string, place: (path: string) => string) =>
      SOURCES.includes(value) ? value : place(value),
  }),
  namespace: key({
    type: 'text',
    range: '1 to 100 of a-z, 0-9, "_" and "."',
    standard: 'default',
    description:
      'Last part of the data streams: logs-exectap.alerts-NAMESPACE and logs-exectap.gaps-NAMESPACE.',
    example: 'default',
    schema: namespace,
  }),
  rules: key({
    type: 'list of paths',
    standard: [],
    description:
      'Files and folders of rules, besides the built-in one: detection rules and behaviour rules of Elastic (TOML), exports of Kibana (NDJSON).',
    example: ['/etc/exectap/rules/'],
    schema: paths,
    paths: (value: string[], place: (path: string) => string) => value.map(place),
  }),
  'destination.name': key({
    type: 'text',
    range: '1 to 63 of a-z, 0-9, "_" and "-"',
    standard: undefined,
    description: 'How status and the database call the destination; its type where it is not set.',
    example: 'soc',
    schema: destinationName,
  }),
  'destination.type': key({
    type: orList(DESTINATIONS),
    standard: undefined,
    description: 'What the destination is. Required where alerts are to be sent.',
    example: 'elasticsearch',
    schema: word(DESTINATIONS),
  }),
  'destination.url': key({
    type: 'URL',
    range: 'http or https, without a user name, a query or a fragment',
    standard: undefined,
    description: 'Where the destination listens. Required where alerts are to be sent.',
    example: 'https://collector.example:9200',
    schema: collectorUrl,
  }),
  'destination.api_key_file': key({
    type: 'path',
    standard: undefined,
    description:
      'File with the API key, "id:key" in base64 as Elasticsearch prints it; nobody else may be able to read it.',
    example: '/etc/exectap/api-key',
    schema: path,
    paths: onePath,
  }),
  'destination.ca_file': key({
    type: 'path',
    standard: undefined,
    description: 'A CA (PEM) that signs the certificate of the destination, besides those of the system.',
    example: '/etc/exectap/ca.pem',
    schema: path,
    paths: onePath,
  }),
  'tap.transport': key({
    type: orList(TRANSPORTS),
    standard: 'pty',
    description:
      'How eslogger hands its lines over. On a pseudo-terminal each line comes at once; a pipe carries more, and eslogger keeps lines back until its buffer is full. Unproven: no Mac has shown yet which is better.',
    example: 'pty',
    schema: word(TRANSPORTS),
  }),
  'tap.poke_after': durationKey(
    { minMs: 50, maxMs: 60 * SECOND },
    '250ms',
    'With the transport pipe: how long a line may wait in the buffer of eslogger before an exec of our own pushes it out. Without effect on a pty.',
  ),
  'selftest.interval': durationKey(
    { minMs: 10 * SECOND, maxMs: 7 * 24 * HOUR, off: true },
    '1h',
    'How often the agent starts a harmless program and requires to see it; 0 turns this off, at the start as well.',
  ),
  'selftest.timeout': durationKey(
    { minMs: SECOND, maxMs: 60 * SECOND },
    '5s',
    'How long the event of a self-test may take before the agent calls itself degraded.',
  ),
  'log.level': key({
    type: orList(LOG_LEVELS),
    standard: 'info',
    description: 'What is logged: this level and those above it.',
    example: 'info',
    schema: word(LOG_LEVELS),
  }),
  mutes: key({
    type: `list of entries with one key each: ${MUTE_KINDS.join(', ')}`,
    range: `at most ${MUTE_LIMIT} entries`,
    standard: [],
    description:
      'Events that go no further than the process table: no rule sees them, no document is made of them. Whoever can run something that is muted is not seen.',
    example: [{ path: '/opt/build/bin/' }, { team_id: 'A1B2C3D4E5' }],
    schema: mutes,
    written: (value: MuteSelector[]) => value.map(({ kind, value: muted }) => ({ [kind]: muted })),
  }),
} as const satisfies Record<string, ConfigKey>;

export type KeyName = keyof typeof KEYS;

export const KEY_NAMES = Object.keys(KEYS) as KeyName[];

export const keyOf = (name: KeyName): ConfigKey => KEYS[name];

/** What the keys before a dot hold. */
export const SECTIONS = {
  destination: 'Where alerts are sent; nowhere without it.',
  tap: 'How a live tap is read.',
  selftest: 'Whether the agent sees what it should see.',
  log: 'The log on standard error.',
} as const satisfies Record<string, string>;

export const isKey = (name: string): name is KeyName => Object.hasOwn(KEYS, name);
export const isSection = (name: string): name is keyof typeof SECTIONS => Object.hasOwn(SECTIONS, name);

/** The checked values, by their keys. */
export type ConfigValues = { readonly [K in KeyName]: Value<(typeof KEYS)[K]> };

type Value<K extends ConfigKey> =
  | v.InferOutput<K['schema']>
  | (K['standard'] extends undefined ? undefined : never);
