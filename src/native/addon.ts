import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../errors.ts';
import { AddonError } from './errors.ts';
import { layoutTable } from './layout.ts';

export interface NativeOptions {
  path?: string;
  fd?: number;
  live: boolean;
  maxLineBytes: number;
  batchRecords: number;
  ringBatches: number;
}

export interface NativeGap {
  cause: 'kernel' | 'overflow';
  lost: number;
  afterSeq: number;
  beforeSeq: number;
  fromTime: string;
  toTime: string;
  lostByType?: Record<string, number>;
}

/** The class of native/addon/native_tap.h. */
export interface NativeTap {
  /** Fills [1 when a batch waits, 2 at the end, else 0; records; words of the argument table; bytes of text]. */
  peek(head: Uint32Array): void;
  /** Copies the batch that peek() described into the buffers and gives its gaps. */
  take(records: ArrayBuffer, args: ArrayBuffer, text: ArrayBuffer): NativeGap[] | undefined;
  counters(): Record<string, unknown>;
  /** Operation and errno of what ended the stream early. */
  failure(): [operation: string, errno: number] | undefined;
  /** Ends the thread; nothing more comes. */
  close(): void;
  ref(): void;
  unref(): void;
}

/** Who is at the other end of a local socket, as the kernel noted it. */
export interface Peer {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** There may be more groups than the system tells. */
  readonly groupsCut: boolean;
}

export interface Addon {
  NativeTap: new (options: NativeOptions, notify: () => void) => NativeTap;
  layout: Record<string, number>;
  /** Read end and write end, or an errno. */
  createPipe(): [readEnd: number, writeEnd: number] | number;
  /** Or an errno. */
  peerOf(descriptor: number): Peer | number;
}

export interface LoadOptions {
  /** The package's folder; modules are looked up from it. */
  root?: string;
  platform?: string;
  arch?: string;
  /** The highest Node-API version that the runtime offers. */
  nodeApi?: number;
}

/** The addon is built for this version (binding.gyp). */
const NODE_API_VERSION = 8;
const REMEDY = 'run `npm run build:native` (needs a C++17 compiler, make and Python 3) or reinstall exectap';

let loaded: Addon | undefined;

/** The addon, loaded once. @throws {AddonError} saying what was tried and what to do. */
export function addon(): Addon {
  loaded ??= loadAddon();
  return loaded;
}

/**
 * Looks for the addon in the package of this platform, as @napi-rs/cli names it, and then where node-gyp builds it.
 * Only "there is no such module" leads on to the next place: an addon that is there and does not load is a fault to
 * be seen.
 * @throws {AddonError}
 */
export function loadAddon(options: LoadOptions = {}): Addon {
  const nodeApi = options.nodeApi ?? Number(process.versions.napi);
  if (nodeApi < NODE_API_VERSION) {
    throw new AddonError(
      `this Node.js offers Node-API ${nodeApi}, the native addon needs ${NODE_API_VERSION}`,
      {
        remedy: 'use Node.js 20.19 or newer',
      },
    );
  }
  // Two folders up from src/tap and from dist/tap alike.
  const root = options.root ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  const require = createRequire(join(root, 'package.json'));
  const places = [
    platformPackage(options.platform ?? process.platform, options.arch ?? process.arch),
    join(root, 'native', 'build', 'Release', 'exectap.node'),
    join(root, 'native', 'build', 'Debug', 'exectap.node'),
  ];
  for (const place of places) {
    const found = tryLoad(require, place);
    if (found !== undefined) return checkLayout(found, place);
  }
  throw new AddonError(`the native addon was not found; tried ${places.join(', ')}`, { remedy: REMEDY });
}

function platformPackage(platform: string, arch: string): string {
  return platform === 'linux' ? `exectap-linux-${arch}-${libc()}` : `exectap-${platform}-${arch}`;
}

function libc(): 'gnu' | 'musl' {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined ? 'musl' : 'gnu';
}

function tryLoad(require: NodeJS.Require, place: string): Addon | undefined {
  try {
    return require(place) as Addon;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
    // A module that is there and misses one of its own also says MODULE_NOT_FOUND.
    if (missing && messageOf(error).includes(`'${place}'`)) return undefined;
    throw new AddonError(`the native addon ${place} does not load: ${messageOf(error)}`, {
      remedy: REMEDY,
      cause: error,
    });
  }
}

function checkLayout(found: Addon, place: string): Addon {
  const expected = layoutTable();
  const names = new Set([...Object.keys(expected), ...Object.keys(found.layout ?? {})]);
  const different = [...names].filter((name) => found.layout?.[name] !== expected[name]);
  if (different.length > 0) {
    throw new AddonError(
      `the native addon ${place} was built from other sources: its record differs in ${different.join(', ')}`,
      {
        remedy: REMEDY,
      },
    );
  }
  return found;
}
