import { spawnSync } from 'node:child_process';
import { ExectapError, messageOf } from '../errors.ts';
import { checkTrusted, type Trust } from '../trust/index.ts';
import { ConfigError, isThere } from './config-error.ts';
import type { ConfigNode, Origin } from './config-source.ts';

/** The domain that a configuration profile sets. */
export const MANAGED_DOMAIN = 'io.exectap.agent';
/** Where macOS lays what profiles set for the whole machine. */
export const MANAGED_FILE = `/Library/Managed Preferences/${MANAGED_DOMAIN}.plist`;
/** Comes with macOS and reads both forms of property lists [plutil(1)]. */
export const PLUTIL = '/usr/bin/plutil';

/** plutil takes milliseconds; an agent must not wait for it for long. */
const PLUTIL_MS = 5_000;
/** Of a profile's settings, as a property list and as JSON. */
const MANAGED_BYTES = 1024 * 1024;

export interface ManagedPlace {
  readonly file: string;
  /** What turns it into JSON: takes plutil's arguments. */
  readonly plutil: string;
  /** Who may have written it: root, except in tests. */
  readonly trust: Trust;
}

/** What a configuration profile sets; null where there is none. @throws ConfigError where it cannot be read */
export function readManaged(managed: ManagedPlace): ConfigNode | null {
  if (!isThere(managed.file)) return null;
  const value = parse(managed.file, convert(managed));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ConfigError(`${managed.file}: a dictionary was expected`);
  return new PlainNode(managed.file, withoutPayloadKeys(value));
}

function convert({ file, plutil, trust }: ManagedPlace): string {
  // The program opens the path itself: nobody who is not trusted can exchange it in between.
  const path = trustedPath(file, trust);
  const { error, status, signal, stdout, stderr } = spawnSync(plutil, ['-convert', 'json', '-o', '-', path], {
    timeout: PLUTIL_MS,
    killSignal: 'SIGKILL',
    maxBuffer: MANAGED_BYTES,
    encoding: 'utf8',
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (error !== undefined)
    throw new ConfigError(`${file}: ${plutil} failed: ${reasonOf(error)}`, { cause: error });
  if (status !== 0) {
    const said = `${stdout}${stderr}`.trim().split('\n')[0] ?? '';
    throw new ConfigError(`${file}: ${plutil} ended with ${signal ?? status}: ${said.slice(0, 300)}`, {
      remedy: 'a profile may hold text, numbers, lists and dictionaries: no dates, no data',
    });
  }
  return stdout;
}

function trustedPath(file: string, trust: Trust): string {
  try {
    const { path, facts } = checkTrusted(file, trust);
    if (facts.size > MANAGED_BYTES)
      throw new ConfigError(`${file} has more than the ${MANAGED_BYTES} bytes that such a file may have`);
    return path;
  } catch (cause) {
    if (!(cause instanceof ExectapError) || cause instanceof ConfigError) throw cause;
    throw new ConfigError(`the managed preferences are not used: ${cause.message}`, {
      cause,
      ...(cause.remedy !== undefined && { remedy: cause.remedy }),
    });
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ETIMEDOUT') return `no answer within ${PLUTIL_MS} ms`;
  return error.code === 'ENOBUFS' ? `more than ${MANAGED_BYTES} bytes of JSON` : error.message;
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`${file}: plutil gave no JSON: ${messageOf(cause)}`, { cause });
  }
}

/** A profile's own keys [Apple, Profile-Specific Payload Keys] can be left among its settings. */
function withoutPayloadKeys(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !/^Payload[A-Z]/.test(name)));
}

class PlainNode implements ConfigNode {
  readonly origin: Origin;
  readonly value: unknown;
  readonly #file: string;

  constructor(file: string, value: unknown) {
    this.#file = file;
    this.value = value;
    this.origin = { kind: 'managed', file };
  }

  get entries(): [string, ConfigNode][] | null {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return Object.entries(value).map(([name, inner]) => [name, new PlainNode(this.#file, inner)]);
  }

  place(): string {
    return this.#file;
  }
}
