/**
 * Lays out what is installed: the pump, the Node runtime and the worker's program, without anything that only building
 * needs, and with modes that the pump demands (nobody but the owner can write).
 *
 *   FOLDER/bin/exectapd   FOLDER/bin/node   FOLDER/program/{package.json,dist,src,native,node_modules}
 *
 * Usage: node --import=tsx scripts/stage.ts FOLDER      (a new folder; needs `npm run build`)
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Needed to build the addons, and by nothing at run time. */
const BUILD_ONLY = new Set(['@nozbe/simdjson', 'node-addon-api', 'node-gyp', 'prebuild-install', 'tar']);

interface Manifest {
  readonly dependencies?: Record<string, string>;
}

/** Lays everything out below `folder`, which must not be there yet. */
export function stage(folder: string): void {
  const bin = join(folder, 'bin');
  const program = join(folder, 'program');
  mkdirSync(bin, { recursive: true });
  mkdirSync(join(program, 'native', 'build', 'Release'), { recursive: true });
  cpSync(join(root, 'native', 'build', 'Release', 'exectapd'), join(bin, 'exectapd'));
  cpSync(realpathSync(process.execPath), join(bin, 'node'));
  const addon = join('native', 'build', 'Release', 'exectap.node');
  for (const part of [
    'package.json',
    'dist',
    join('src', 'rules', 'builtin'),
    join('scripts', 'demo'),
    addon,
  ])
    cpSync(join(root, part), join(program, part), { recursive: true });
  for (const module of modulesOf(root)) copyModule(module, join(program, relative(root, module)));
  tighten(folder);
}

/** Folders of everything that the package needs at run time, found as Node finds them. */
function modulesOf(folder: string, found = new Set<string>()): Set<string> {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    if (BUILD_ONLY.has(name)) continue;
    const module = find(name, folder);
    if (found.has(module)) continue;
    found.add(module);
    modulesOf(module, found);
  }
  return found;
}

function find(name: string, from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (existsSync(place)) return place;
    if (folder === root) throw new Error(`${name}, which ${from} needs, is not installed`);
  }
}

/** sqlite3 carries SQLite's sources and its build's leavings; only its addon is run. */
function copyModule(module: string, to: string): void {
  cpSync(module, to, {
    recursive: true,
    filter: (path) => {
      const inside = relative(module, path);
      return (
        !/^(deps|src|build\/Release\/(obj|\.deps).*|node_modules)$/.test(inside) && !inside.endsWith('.a')
      );
    },
  });
}

function tighten(path: string): void {
  const facts = lstatSync(path);
  if (facts.isSymbolicLink()) return;
  const runs = facts.isDirectory() || (facts.mode & 0o100) !== 0;
  chmodSync(path, runs ? 0o755 : 0o644);
  if (facts.isDirectory()) for (const name of readdirSync(path)) tighten(join(path, name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2];
  if (folder === undefined || existsSync(folder)) {
    process.stderr.write('usage: stage.ts FOLDER, which must not be there yet\n');
    process.exitCode = 2;
  } else {
    stage(resolve(folder));
  }
}
