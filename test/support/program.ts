import { chmodSync, writeFileSync } from 'node:fs';

/** Writes a program of a few lines of JavaScript that runs without an environment, as eslogger is started. */
export function writeProgram(path: string, source: string): string {
  writeFileSync(path, `#!${process.execPath}\n${source}\n`);
  chmodSync(path, 0o755);
  return path;
}
