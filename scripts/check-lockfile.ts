/**
 * Holds that package-lock.json names the packages of every platform. npm on one platform can leave the others' out,
 * and `npm ci` then fails on a Mac, or with a newer npm, for want of an entry that nobody here ever installs.
 */
import { readFileSync } from 'node:fs';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, LockedPackage>;
};
const locked = new Set(
  Object.keys(lock.packages).map((path) =>
    path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
  ),
);

const faults: string[] = [];
for (const [path, { version, resolved, optionalDependencies = {} }] of Object.entries(lock.packages)) {
  if (path !== '' && version === undefined) faults.push(`${path} has no version`);
  if (resolved !== undefined) faults.push(`${path} is bound to the registry it was fetched from`);
  for (const name of Object.keys(optionalDependencies)) {
    if (!locked.has(name)) faults.push(`${name}, an optional package of ${path}, is missing`);
  }
}
for (const fault of faults) process.stderr.write(`package-lock.json: ${fault}\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
