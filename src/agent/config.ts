import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import type { Trust } from '../trust/index.ts';
import { isThere, refuseFaults } from './config-error.ts';
import { MANAGED_FILE, type ManagedPlace, PLUTIL, readManaged } from './config-managed.ts';
import { type ConfigValues, KEY_NAMES, type KeyName, keyOf } from './config-schema.ts';
import { readSource, type Setting, type SourceReading } from './config-source.ts';
import { readYaml } from './config-yaml.ts';
import type { LogLevel } from './log.ts';
import type { MuteSelector } from './mutes.ts';

/** Where an installed agent on macOS has its configuration. */
export const SYSTEM_FILE = '/Library/Application Support/exectap/config.yaml';

export interface DestinationConfig {
  /** Names the destination in the database and in `status`; its type unless configured. */
  readonly name: string;
  readonly type: 'elasticsearch' | 'opensearch';
  readonly url: string;
  readonly apiKeyFile: string | undefined;
  readonly caFile: string | undefined;
}

export interface Config {
  /** Directory of the state; undefined = the default of this user on this system. */
  readonly state: string | undefined;
  /** auto, eslogger, endpoint-security, `-` or a path. */
  readonly source: string;
  readonly namespace: string;
  /** Files and folders of rules, besides those that come with exectap. */
  readonly rules: readonly string[];
  readonly destination: DestinationConfig | undefined;
  readonly tap: {
    readonly transport: 'pty' | 'pipe';
    /** How long a line may wait in a pipe before it is pushed out. */
    readonly pokeAfterMs: number;
  };
  readonly selftest: {
    /** 0 = no self-test. */
    readonly intervalMs: number;
    readonly timeoutMs: number;
  };
  readonly log: { readonly level: LogLevel };
  readonly mutes: readonly MuteSelector[];
}

/** Where a configuration may lie. */
export interface ConfigPlaces {
  /** The file that a person has named: it must be there. */
  readonly file?: string | undefined;
  /** The file that is read where none was named, if it is there. */
  readonly systemFile?: string;
  readonly managed?: ManagedPlace;
  /** Whose files are used. */
  readonly trust: Trust;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Every key, in the order of the table, with its value and where it comes from. */
  readonly settings: readonly Setting[];
}

interface Caller {
  readonly platform: NodeJS.Platform;
  readonly uid: number | undefined;
}

/**
 * The places that an agent reads: on macOS, as root or as the worker of the daemon, those of the installation.
 *
 * @param file what `--config` names
 */
export function configPlaces(
  file: string | undefined,
  { trust, installed }: { readonly trust: Trust; readonly installed: boolean },
  { platform, uid }: Caller = { platform: process.platform, uid: process.geteuid?.() },
): ConfigPlaces {
  if (platform !== 'darwin' || (uid !== 0 && !installed)) return { file, trust };
  return {
    file,
    systemFile: SYSTEM_FILE,
    managed: { file: MANAGED_FILE, plutil: PLUTIL, trust: 'root' },
    trust,
  };
}

/**
 * Reads and checks a configuration: managed preferences, then the file, then the defaults, key by key. Paths in a file
 * are relative to its folder. Files are refused where somebody other than root (in development: or the running user)
 * could have written them.
 *
 * @throws ConfigError naming every fault with its file and line
 */
export function loadConfig(places: ConfigPlaces): LoadedConfig {
  const readings = [readManagedSource(places), readFileSource(places)];
  const faults = readings.flatMap((reading) => reading.faults);
  const settings = KEY_NAMES.map((key) => settingOf(key, readings));
  const whole = Object.fromEntries(settings.map(({ key, value }) => [key, value])) as unknown as ConfigValues;
  // A key with a fault is not set: what is missing beside it cannot be told.
  if (faults.length === 0) faults.push(...missing(readings), ...contradictions(whole, settings));
  refuseFaults(faults);
  return { config: toConfig(whole), settings };
}

/** Reads one file and nothing else. @throws ConfigError naming every fault with its line */
export function readConfig(file: string, trust: Trust = 'user'): Config {
  return loadConfig({ file, trust }).config;
}

const NOTHING: SourceReading = { settings: [], faults: [], sections: new Map() };

function readManagedSource({ managed }: ConfigPlaces): SourceReading {
  const root = managed === undefined ? null : readManaged(managed);
  return root === null ? NOTHING : readSource(root, null);
}

function readFileSource({ file, systemFile, trust }: ConfigPlaces): SourceReading {
  const used = file ?? (systemFile !== undefined && isThere(systemFile) ? systemFile : undefined);
  if (used === undefined) return NOTHING;
  const { root, faults } = readYaml(used, trust);
  const reading = readSource(root, dirname(resolve(used)));
  return { ...reading, faults: [...faults, ...reading.faults] };
}

/** From the first source that has the key, else the default. */
function settingOf(key: KeyName, readings: readonly SourceReading[]): Setting {
  for (const { settings } of readings) {
    const set = settings.find((each) => each.key === key);
    if (set !== undefined) return set;
  }
  const { standard, schema } = keyOf(key);
  const value = standard === undefined ? undefined : v.parse(schema, standard);
  return { key, value, origin: { kind: 'default' } };
}

/** A destination is one only with its type and its URL. */
function missing(readings: readonly SourceReading[]): string[] {
  const place = readings
    .map(({ sections }) => sections.get('destination'))
    .find((each) => each !== undefined);
  const set = new Set(readings.flatMap(({ settings }) => settings.map(({ key }) => key)));
  if (![...set].some((key) => key.startsWith('destination.'))) return [];
  return (['destination.type', 'destination.url'] as const)
    .filter((key) => !set.has(key))
    .map((key) => `${place}: ${key} is missing`);
}

function contradictions(values: ConfigValues, settings: readonly Setting[]): string[] {
  const interval = values['selftest.interval'];
  if (interval === 0 || values['selftest.timeout'] <= interval) return [];
  const place = settings.filter(({ key }) => key.startsWith('selftest.')).map(placeOf);
  return [
    `${place.find((each) => each !== 'default')}: selftest.timeout must not be longer than selftest.interval`,
  ];
}

/** `FILE:LINE`, `FILE` or `default`, for a person. */
export function placeOf({ origin }: Pick<Setting, 'origin'>): string {
  if (origin.kind === 'default') return 'default';
  return origin.kind === 'file' ? `${origin.file}:${origin.line}` : origin.file;
}

function toConfig(values: ConfigValues): Config {
  return {
    state: values.state,
    source: values.source,
    namespace: values.namespace,
    rules: values.rules,
    destination: destinationOf(values),
    tap: { transport: values['tap.transport'], pokeAfterMs: values['tap.poke_after'] },
    selftest: { intervalMs: values['selftest.interval'], timeoutMs: values['selftest.timeout'] },
    log: { level: values['log.level'] },
    mutes: values.mutes,
  };
}

function destinationOf(values: ConfigValues): DestinationConfig | undefined {
  const { 'destination.type': type, 'destination.url': url } = values;
  if (type === undefined || url === undefined) return undefined;
  return {
    name: values['destination.name'] ?? type,
    type,
    url,
    apiKeyFile: values['destination.api_key_file'],
    caFile: values['destination.ca_file'],
  };
}

/** What an agent does that nobody has configured. */
export const DEFAULT_CONFIG: Config = loadConfig({ trust: 'root' }).config;
