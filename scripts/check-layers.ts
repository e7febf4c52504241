/**
 * Holds the direction of the data: a folder of src/ may import only the folders listed for it.
 * The table is a partial order, so a cycle between folders cannot be written down without changing it here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ALLOWED: Record<string, readonly string[]> = {
  eql: [],
  native: [],
  tap: ['native'],
  process: ['tap'],
  ecs: ['eql', 'process', 'tap'],
  rules: ['ecs', 'eql'],
  store: [],
  trust: [],
  forward: ['store', 'trust'],
  control: ['native'],
  agent: ['control', 'ecs', 'eql', 'forward', 'process', 'rules', 'store', 'tap', 'trust'],
  cli: ['agent', 'control', 'ecs', 'eql', 'forward', 'process', 'rules', 'store', 'tap', 'trust'],
};

const src = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');

function folderOf(file: string): string {
  const [first = '', ...rest] = relative(src, file).split(sep);
  return rest.length === 0 ? '' : first;
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const specifiers = [...text.matchAll(/\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)];
  return specifiers.map((match) => resolve(dirname(file), match[1]!));
}

const faults: string[] = [];
for (const entry of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
  if (!entry.endsWith('.ts')) continue;
  const file = join(src, entry);
  const from = folderOf(file);
  const allowed = ALLOWED[from];
  if (from !== '' && allowed === undefined)
    faults.push(`src/${from}: a folder that scripts/check-layers.ts does not know`);
  for (const target of importsOf(file)) {
    const to = folderOf(target);
    if (to === '' || to === from) continue;
    if (allowed?.includes(to) !== true)
      faults.push(`src/${entry}: ${from || 'the root'} may not import ${to}`);
  }
}
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
