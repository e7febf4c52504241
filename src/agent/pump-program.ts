import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Beside the program where it is installed, else where node-gyp builds it; src/agent and dist/agent are alike deep. */
const PLACES = ['../../../bin/exectapd', '../../native/build/Release/exectapd'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** Where exectapd lies; a name that cannot be started where it lies nowhere. */
export function pumpProgram(): string {
  return PLACES.find((path) => existsSync(path)) ?? PLACES.at(-1)!;
}
