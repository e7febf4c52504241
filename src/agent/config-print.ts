import { stringify } from 'yaml';
import { type ConfigKey, KEY_NAMES, type KeyName, keyOf, SECTIONS } from './config-schema.ts';
import type { Setting } from './config-source.ts';

/** Columns of the comments in the file that `init` writes. */
const COMMENT_WIDTH = 96;

/** A setting's value as it would be written in a file; undefined where the key is not set. */
export function writtenValue({ key, value }: Pick<Setting, 'key' | 'value'>): unknown {
  return value === undefined ? undefined : (keyOf(key).written?.(value as never) ?? value);
}

/** A whole file, every key at its default and explained; what has no default is commented out. */
export function defaultFile(): string {
  const parts = ['# Configuration of exectap. "exectap config check FILE" tells what is wrong with it.\n'];
  let section = '';
  for (const name of KEY_NAMES) {
    const [first, last] = splitName(name);
    let header = '';
    if (last !== null && first !== section) {
      const unset = KEY_NAMES.every(
        (key) => splitName(key)[0] !== first || keyOf(key).standard === undefined,
      );
      header = `${comment(SECTIONS[first as keyof typeof SECTIONS], '')}${unset ? '# ' : ''}${first}:\n`;
    }
    section = first;
    parts.push(header + keyBlock(name, first, last));
  }
  return parts.join('\n');
}

function keyBlock(name: KeyName, section: string, last: string | null): string {
  const key = keyOf(name);
  const indent = last === null ? '' : '  ';
  const text = [key.description, `Type: ${key.type}${key.range === undefined ? '' : `; ${key.range}`}.`];
  const line = (value: unknown): string => yamlOf(last ?? section, value, indent);
  const explained = comment(text.join(' '), indent);
  if (key.standard === undefined) {
    const example = line(key.example);
    // Below a section that is commented out, the comments are so too: their indentation would mean nothing.
    return last === null ? explained + commentOut(example) : commentOut(explained + example);
  }
  const empty = Array.isArray(key.standard) && key.standard.length === 0;
  const example = empty ? `${indent}# For example:\n${commentOut(line(key.example))}` : '';
  return explained + example + line(key.standard);
}

function yamlOf(name: string, value: unknown, indent: string): string {
  return stringify({ [name]: value }, { lineWidth: 0 }).replace(/^(?=.)/gm, indent);
}

const commentOut = (yaml: string): string => yaml.replace(/^(?=.)/gm, '# ');

function comment(text: string, indent: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < COMMENT_WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `${indent}# ${line}\n`).join('');
}

function splitName(name: KeyName): [first: string, last: string | null] {
  const [first = '', last = null] = name.split('.');
  return [first, last];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The keys as a part of a Markdown page: a table of all, and what each means. */
export function keysAsMarkdown(): string {
  const rows = KEY_NAMES.map((name) => {
    const key = keyOf(name);
    return `| \`${name}\` | ${cell(key.type)} | ${standardText(key)} |\n`;
  });
  return `| key | what may be written | default |\n|---|---|---|\n${rows.join('')}\n${KEY_NAMES.map(keyMarkdown).join('\n')}`;
}

function keyMarkdown(name: KeyName): string {
  const key = keyOf(name);
  const range = key.range === undefined ? '' : ` ${capital(key.range)}.`;
  const [first, last] = splitName(name);
  const example = last === null ? { [first]: key.example } : { [first]: { [last]: key.example } };
  return `### ${name}\n\n${key.description}${range}\n\n\`\`\`yaml\n${stringify(example, { lineWidth: 0 })}\`\`\`\n`;
}

function standardText({ standard }: ConfigKey): string {
  if (standard === undefined) return 'not set';
  return Array.isArray(standard) && standard.length === 0 ? 'none' : `\`${standard as string}\``;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
