import { existsSync } from 'node:fs';
import { ExectapError } from '../errors.ts';
import { Tap } from '../tap/index.ts';

/** Where events come from. A capture is a file or standard input; a live tap is this Mac's own. */
export type Source = Capture | LiveSource;

export type LiveSource =
  /** eslogger as a child of this process. */
  | { readonly kind: 'eslogger' }
  /** The stream that exectapd, which has root's rights, gives to its worker. */
  | { readonly kind: 'exectapd' };

export type Capture = { readonly kind: 'capture'; readonly path: string } | { readonly kind: 'stdin' };

/** The source that was asked for cannot be had here. */
export class SourceError extends ExectapError {}

interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly uid: number | undefined;
}

const here = (): Surroundings => ({ platform: process.platform, uid: process.getuid?.() });

/** Whether this process can tap this machine: a Mac, and root. Full Disk Access shows only in the attempt. */
export function canTap({ platform, uid }: Surroundings = here()): boolean {
  return platform === 'darwin' && uid === 0;
}

/**
 * Reads the `--source` option: `auto`, `eslogger`, `endpoint-security`, `-` for standard input, else a path.
 *
 * @throws SourceError where the source cannot be had on this machine, with what to do instead
 */
export function chooseSource(asked: string, surroundings: Surroundings = here()): Source {
  if (asked === 'endpoint-security') {
    throw new SourceError('this build has no Endpoint Security client', {
      remedy: 'use --source eslogger, which needs no entitlement',
    });
  }
  if (asked === 'auto' || asked === 'eslogger') return liveSource(surroundings);
  return captureSource(asked);
}

/** A capture by its path, or `-` for standard input. */
export function captureSource(path: string): Capture {
  if (path === '-') return { kind: 'stdin' };
  if (!existsSync(path)) {
    throw new SourceError(`${path}: no such file`, {
      remedy: 'give the path of a file of eslogger lines, or - for standard input',
    });
  }
  return { kind: 'capture', path };
}

function liveSource(surroundings: Surroundings): Source {
  const { platform } = surroundings;
  if (canTap(surroundings)) return { kind: 'eslogger' };
  const replay = 'or replay a capture: exectap run --source FILE';
  if (platform !== 'darwin') {
    throw new SourceError(`this is ${platform}: only a Mac has process executions to tap`, {
      remedy: `run it on a Mac as root, ${replay}`,
    });
  }
  throw new SourceError('eslogger needs root', { remedy: `run it with sudo, ${replay}` });
}

/** The source in words, for status and logs. */
export function sourceName(source: Source): string {
  if (source.kind === 'capture') return source.path;
  return source.kind === 'stdin' ? 'standard input' : source.kind;
}

/** Opens a capture for reading from its start. */
export function openCapture(source: Capture): Tap {
  return source.kind === 'stdin' ? new Tap({ fd: 0 }) : new Tap({ path: source.path });
}
