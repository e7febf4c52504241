import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import { ExectapError, messageOf } from '../errors.ts';
import { readTrusted, type Trust } from '../trust/index.ts';
import { ConfigError, refuseFaults } from './config-error.ts';
import type { ConfigNode, Origin } from './config-source.ts';

/** Bytes of a configuration file; one written by people is a few KiB. */
const CONFIG_BYTES = 1024 * 1024;

/** A YAML file that was read, and what is wrong with its form though its keys can be looked at. */
export interface YamlReading {
  readonly root: ConfigNode;
  readonly faults: readonly string[];
}

/**
 * Reads a YAML file that only the trusted can have written.
 *
 * @throws ConfigError where it cannot be read, or is so broken that its keys cannot be told
 */
export function readYaml(file: string, trust: Trust): YamlReading {
  return parseYaml(file, readText(file, trust));
}

export function parseYaml(file: string, text: string): YamlReading {
  const lines = new LineCounter();
  const document = parse(file, text, lines);
  const at = (offset: number): string => `${file}:${lines.linePos(offset).line}`;
  const faults = [...document.errors, ...document.warnings].map(
    (error) => `${at(error.pos[0])}: ${error.message}`,
  );
  // No aliases: a few lines of them can stand for gigabytes, and nobody needs them here.
  visit(document, {
    Alias(_key, { range }) {
      faults.push(`${at(range?.[0] ?? 0)}: aliases are not read: write the value out`);
    },
  });
  const { contents } = document;
  if (contents !== null && !isMap(contents))
    faults.push(`${at(contents.range?.[0] ?? 0)}: a configuration is a list of "key: value" lines`);
  const readable = faults.length === 0 || document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
  if (!readable || !(contents === null || isMap(contents)) || hasAlias(document)) refuseFaults(faults);
  const origin: Origin = { kind: 'file', file, line: 1 };
  return { root: new YamlNode(file, document, lines, contents, origin), faults };
}

function parse(file: string, text: string, lines: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, { lineCounter: lines, prettyErrors: false });
  } catch (cause) {
    // Nested so deeply that the parser has no room left.
    throw new ConfigError(`${file}: this is no configuration: ${messageOf(cause)}`, { cause });
  }
}

function hasAlias(document: Document): boolean {
  let found = false;
  visit(document, {
    Alias() {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

function readText(file: string, trust: Trust): string {
  try {
    return readTrusted(file, trust, CONFIG_BYTES).bytes.toString('utf8');
  } catch (cause) {
    if (!(cause instanceof ExectapError)) throw cause;
    throw new ConfigError(`the configuration is not used: ${cause.message}`, {
      cause,
      remedy: cause.remedy ?? 'give the path of a YAML file; exectap config init writes one',
    });
  }
}

class YamlNode implements ConfigNode {
  readonly origin: Origin;
  readonly #file: string;
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #node: Node | null;

  constructor(file: string, document: Document, lines: LineCounter, node: Node | null, origin: Origin) {
    this.#file = file;
    this.#document = document;
    this.#lines = lines;
    this.#node = node;
    this.origin = origin;
  }

  get entries(): [string, ConfigNode][] | null {
    if (!isMap(this.#node)) return null;
    return (this.#node as YAMLMap).items.map((pair) => this.#entry(pair));
  }

  #entry(pair: Pair): [string, ConfigNode] {
    const { key, value } = pair;
    const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
    const origin: Origin = { kind: 'file', file: this.#file, line: this.#lines.linePos(offset).line };
    const name = isScalar(key) ? String(key.value) : String(key);
    return [
      name,
      new YamlNode(this.#file, this.#document, this.#lines, isNode(value) ? value : null, origin),
    ];
  }

  get value(): unknown {
    return this.#node?.toJS(this.#document, { maxAliasCount: 0 }) ?? null;
  }

  place(path: readonly PropertyKey[] = []): string {
    const start = this.#rangeOf(path)?.[0];
    const line = start === undefined ? lineOf(this.origin) : this.#lines.linePos(start).line;
    return `${this.#file}:${line}`;
  }

  /** Of the node at a path, or of the nearest one above it that is there. */
  #rangeOf(path: readonly PropertyKey[]): Node['range'] {
    if (this.#node === null) return null;
    for (let depth = path.length; depth > 0 && 'getIn' in this.#node; depth -= 1) {
      const inside = (this.#node as YAMLMap).getIn(path.slice(0, depth), true);
      if (isNode(inside) && inside.range) return inside.range;
    }
    return this.#node.range;
  }
}

const lineOf = (origin: Origin): number => (origin.kind === 'file' ? origin.line : 1);
