import { isAbsolute, resolve } from 'node:path';
import * as v from 'valibot';
import { closest } from '../eql/suggest.ts';
import { isKey, isSection, KEY_NAMES, type KeyName, keyOf, SECTIONS } from './config-schema.ts';

/** Where the value of a key comes from. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number }
  | { readonly kind: 'managed'; readonly file: string };

/** A value as a file has it, or a group of keys. */
export interface ConfigNode {
  /** Of its key. */
  readonly origin: Origin;
  /** What it holds where it is a map; null where it is none. */
  readonly entries: readonly (readonly [name: string, node: ConfigNode])[] | null;
  readonly value: unknown;
  /** `FILE:LINE` of something inside, or of itself; `FILE` where lines are not known. */
  place(path?: readonly PropertyKey[]): string;
}

/** A key that is set, checked. */
export interface Setting {
  readonly key: KeyName;
  readonly value: unknown;
  readonly origin: Origin;
}

/** What one source says. */
export interface SourceReading {
  readonly settings: readonly Setting[];
  /** What keeps it from being used, each with its place. */
  readonly faults: readonly string[];
  /** Where its sections stand. */
  readonly sections: ReadonlyMap<string, string>;
}

/**
 * Takes the keys of a source apart and checks each.
 *
 * @param folder what relative paths are relative to; null where they are refused
 */
export function readSource(root: ConfigNode, folder: string | null): SourceReading {
  const reader = new Reader(folder);
  reader.take(root, '');
  return reader;
}

class Reader implements SourceReading {
  readonly settings: Setting[] = [];
  readonly faults: string[] = [];
  readonly sections = new Map<string, string>();
  readonly #folder: string | null;

  constructor(folder: string | null) {
    this.#folder = folder;
  }

  take(group: ConfigNode, prefix: string): void {
    for (const [last, node] of group.entries ?? []) {
      const name = `${prefix}${last}`;
      if (isKey(name) && !last.includes('.')) this.#key(name, node);
      else if (isSection(name)) this.#section(name, node);
      else this.faults.push(`${node.place()}: unknown key ${JSON.stringify(name)}${suggestion(name)}`);
    }
  }

  #section(name: string, node: ConfigNode): void {
    this.sections.set(name, node.place());
    if (node.entries !== null) this.take(node, `${name}.`);
    // A section whose keys are all commented out.
    else if (node.value !== null) this.faults.push(`${node.place()}: ${name} holds keys: ${keysOf(name)}`);
  }

  #key(name: KeyName, node: ConfigNode): void {
    if (node.value === null || node.value === undefined) {
      this.faults.push(`${node.place()}: ${name} has no value`);
      return;
    }
    const key = keyOf(name);
    const checked = v.safeParse(key.schema, node.value);
    if (!checked.success) {
      for (const issue of checked.issues) {
        const path = (issue.path ?? []).map((item) => item.key as PropertyKey);
        this.faults.push(`${node.place(path)}: ${[name, ...path.map(String)].join('.')}: ${issue.message}`);
      }
      return;
    }
    const value = key.paths?.(checked.output as never, (path) => this.#place(name, node, path));
    this.settings.push({ key: name, value: value ?? checked.output, origin: node.origin });
  }

  #place(name: KeyName, node: ConfigNode, path: string): string {
    if (isAbsolute(path)) return path;
    if (this.#folder !== null) return resolve(this.#folder, path);
    this.faults.push(`${node.place()}: ${name}: must be an absolute path: ${JSON.stringify(path)}`);
    return path;
  }
}

/** What was meant, as far as it can be told. */
function suggestion(name: string): string {
  if (isKey(name)) {
    const [section, last] = name.split('.') as [string, string];
    return `: write ${JSON.stringify(last)} below ${JSON.stringify(section)}`;
  }
  const last = name.slice(name.lastIndexOf('.') + 1);
  const near =
    closest(name, [...KEY_NAMES, ...Object.keys(SECTIONS)]) ??
    KEY_NAMES.find((key) => key.endsWith(`.${last}`)) ??
    siblingLike(name);
  return near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
}

/** A short name below a section is compared without it, or the section's own length would make all alike. */
function siblingLike(name: string): string | undefined {
  const last = name.slice(name.lastIndexOf('.') + 1);
  const lasts = KEY_NAMES.filter((key) => key.includes('.')).map((key) => key.slice(key.indexOf('.') + 1));
  const near = closest(last, lasts);
  return near === undefined ? undefined : KEY_NAMES.find((key) => key.endsWith(`.${near}`));
}

const keysOf = (section: string): string =>
  KEY_NAMES.filter((key) => key.startsWith(`${section}.`))
    .map((key) => key.slice(section.length + 1))
    .join(', ');
