import os from 'node:os';
import { isAbsolute, join } from 'node:path';

interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly uid: number | undefined;
  readonly home: string;
  /** $XDG_STATE_HOME. */
  readonly stateHome: string | undefined;
}

/** Where the state lies unless a command or the configuration says otherwise. */
export function defaultStateDirectory(surroundings: Surroundings = here()): string {
  const { platform, uid, home, stateHome } = surroundings;
  if (platform === 'darwin' && uid === 0) return '/var/db/exectap';
  // A relative $XDG_STATE_HOME is invalid and to be ignored [XDG Base Directory Specification].
  const base = stateHome !== undefined && isAbsolute(stateHome) ? stateHome : join(home, '.local', 'state');
  return join(base, 'exectap');
}

function here(): Surroundings {
  return {
    platform: process.platform,
    uid: process.getuid?.(),
    home: homeOf(),
    stateHome: process.env.XDG_STATE_HOME,
  };
}

/** A user without an entry has no home, and may well ask a running agent. */
function homeOf(): string {
  try {
    return os.homedir();
  } catch {
    return '/nonexistent';
  }
}
