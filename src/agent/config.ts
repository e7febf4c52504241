import { dirname, isAbsolute, resolve } from 'node:path';
import * as v from 'valibot';
import { type Document, isMap, LineCounter, parseDocument } from 'yaml';
import { ExectapError, messageOf } from '../errors.ts';
import { readTrusted, type Trust } from '../trust/index.ts';

/** Bytes of a configuration file; one written by people is a few KiB. */
const CONFIG_BYTES = 1024 * 1024;

/** What a data stream's namespace may be [Elastic: data stream naming scheme]: lower case, no `-`, short. */
const namespace = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9_.]{1,100}$/, 'must be 1 to 100 of a-z, 0-9, "_" and "."'),
);

const url = v.pipe(
  v.string(),
  v.check(isCollectorUrl, 'must be an http or https URL without a user name, a query or a fragment'),
);

const path = v.pipe(v.string(), v.nonEmpty('must not be empty'));

const destination = v.strictObject({
  name: v.optional(
    v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9, "_" and "-"')),
  ),
  type: v.picklist(['elasticsearch', 'opensearch'], 'must be elasticsearch or opensearch'),
  url,
  api_key_file: v.optional(path),
  ca_file: v.optional(path),
});

const schema = v.strictObject({
  state: v.optional(path),
  source: v.optional(path, 'auto'),
  namespace: v.optional(namespace, 'default'),
  rules: v.optional(v.array(path), []),
  destination: v.optional(destination),
});

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
}

export const DEFAULT_CONFIG: Config = {
  state: undefined,
  source: 'auto',
  namespace: 'default',
  rules: [],
  destination: undefined,
};

/** A configuration file that cannot be used, with every fault and its line. */
export class ConfigError extends ExectapError {}

/**
 * Reads and checks a YAML configuration. Paths in it are relative to its own folder. The file is refused where somebody
 * other than root (in development: or the running user) could have written it.
 *
 * @throws ConfigError naming the file and, for every fault, its line
 */
export function readConfig(file: string, trust: Trust = 'user'): Config {
  const lines = new LineCounter();
  const document = parseDocument(readText(file, trust), { lineCounter: lines, prettyErrors: true });
  const broken = document.errors[0];
  if (broken !== undefined) throw new ConfigError(`${file}: ${broken.message.trim()}`, { cause: broken });
  const checked = v.safeParse(schema, contentOf(file, document));
  if (!checked.success) {
    const faults = checked.issues.map(
      (issue) => `${file}${place(document, lines, issue)}: ${describe(issue)}`,
    );
    throw new ConfigError(faults.join('\n'), { remedy: 'correct the file; the README lists every key' });
  }
  return toConfig(checked.output, dirname(resolve(file)));
}

function contentOf(file: string, document: Document): unknown {
  if (document.contents === null) return {};
  if (!isMap(document.contents))
    throw new ConfigError(`${file}:1: a configuration is a list of "key: value" lines`);
  try {
    // No aliases: a few lines of them can stand for gigabytes, and nobody needs them here.
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw new ConfigError(`${file}: ${messageOf(error)}`, {
      cause: error,
      remedy: 'write the value out instead of an alias',
    });
  }
}

function readText(file: string, trust: Trust): string {
  try {
    return readTrusted(file, trust, CONFIG_BYTES).bytes.toString('utf8');
  } catch (cause) {
    if (!(cause instanceof ExectapError)) throw cause;
    throw new ConfigError(`the configuration is not used: ${cause.message}`, {
      cause,
      remedy: cause.remedy ?? 'give the path of a YAML file; the README lists its keys',
    });
  }
}

type Issue = v.InferIssue<typeof schema>;

function describe(issue: Issue): string {
  const key = v.getDotPath(issue);
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return `unknown key ${JSON.stringify(key)}`;
  if (issue.received === 'undefined') return `${key} is missing`;
  return key === null ? issue.message : `${key}: ${issue.message}`;
}

/** `:LINE` of the key that a fault is about, or of the nearest one above it that is there. */
function place(document: Document, lines: LineCounter, issue: Issue): string {
  const path = (issue.path ?? []).map((item) => item.key);
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node = document.getIn(path.slice(0, depth), true) as
      | { range?: [number, number, number] }
      | undefined;
    if (node?.range !== undefined) return `:${lines.linePos(node.range[0]).line}`;
  }
  return '';
}

function toConfig(parsed: v.InferOutput<typeof schema>, folder: string): Config {
  const relative = (file: string): string => (isAbsolute(file) ? file : resolve(folder, file));
  const optional = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : relative(file);
  const { destination: target } = parsed;
  return {
    state: optional(parsed.state),
    source: ['auto', 'eslogger', 'endpoint-security', '-'].includes(parsed.source)
      ? parsed.source
      : relative(parsed.source),
    namespace: parsed.namespace,
    rules: parsed.rules.map(relative),
    destination: target && {
      name: target.name ?? target.type,
      type: target.type,
      url: target.url,
      apiKeyFile: optional(target.api_key_file),
      caFile: optional(target.ca_file),
    },
  };
}

function isCollectorUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && `${username}${password}${search}${hash}` === '';
}
