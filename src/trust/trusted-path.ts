import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { messageOf } from '../errors.ts';
import { UntrustedPathError } from './errors.ts';

/**
 * Whose files are trusted. `root`: root's alone, as it is installed. `user`: the running user's too, for development;
 * there a sticky folder such as /tmp is borne where the entry in it is root's or the user's, since the sticky bit keeps
 * others from renaming and removing it.
 */
export type Trust = 'root' | 'user';

/** As the kernel's own bound on links in one look-up [path_resolution(7)]. */
const MAX_LINKS = 40;
/** Files and folders below a folder of rules; Elastic's whole repository has some 2,000. */
const MAX_ENTRIES = 20_000;
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

export interface TrustedFile {
  /** Where the path leads, without links. */
  readonly path: string;
  readonly facts: Stats;
}

/**
 * Makes sure that nobody but the trusted can have changed what a path names: it and every folder above it, of the path
 * as it is written and behind every symbolic link, belong to them and cannot be written by group or others.
 *
 * Access control lists of macOS (`ls -le`) do not show in a mode and are not looked at.
 *
 * @throws UntrustedPathError naming the path at fault, its owner and its mode
 */
export function checkTrusted(path: string, trust: Trust): TrustedFile {
  const asked = resolve(path);
  try {
    return new Walk(trust).to(asked);
  } catch (cause) {
    const why = messageOf(cause);
    const remedy = cause instanceof UntrustedPathError ? cause.remedy : 'Check the path.';
    throw new UntrustedPathError(why.startsWith(`${asked} `) ? why : `${asked}: ${why}`, {
      cause,
      ...(remedy !== undefined && { remedy }),
    });
  }
}

/** The same for a file, or for a folder and everything in it. */
export function checkTrustedTree(path: string, trust: Trust): void {
  const { path: resolved, facts } = checkTrusted(path, trust);
  if (facts.isDirectory()) checkBelow(resolved, trust, { left: MAX_ENTRIES });
}

function checkBelow(folder: string, trust: Trust, bound: { left: number }): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    bound.left -= 1;
    if (bound.left < 0)
      throw new UntrustedPathError(`${folder} has more than ${MAX_ENTRIES} files below it`, {
        remedy: 'Name the folders that are meant, one by one.',
      });
    // The folders above are known to be good: only a link can lead elsewhere.
    const facts = look(path, trust).facts;
    if (facts.isSymbolicLink()) checkTrustedTree(path, trust);
    else if (facts.isDirectory()) checkBelow(path, trust, bound);
  }
}

class Walk {
  readonly #trust: Trust;
  #links = 0;

  constructor(trust: Trust) {
    this.#trust = trust;
  }

  to(path: string): TrustedFile {
    let { facts, shared } = look('/', this.#trust);
    let at = '/';
    for (const part of path.split('/')) {
      if (part === '' || part === '.') continue;
      const next = join(at, part);
      const entry = look(next, this.#trust);
      if (shared && !isTrusted(entry.facts.uid, this.#trust))
        throw refusal(next, entry.facts, 'belongs to another user');
      if (entry.facts.isSymbolicLink()) ({ path: at, facts } = this.#follow(next, at));
      else [at, facts] = [next, entry.facts];
      shared = isShared(facts, this.#trust);
    }
    return { path: at, facts };
  }

  #follow(link: string, folder: string): TrustedFile {
    this.#links += 1;
    if (this.#links > MAX_LINKS)
      throw new UntrustedPathError(`${link} leads through more than ${MAX_LINKS} symbolic links`, {
        remedy: 'Name the file itself.',
      });
    const target = readlinkSync(link);
    // `..` in a link is the folder above where the link really lies.
    return this.to(isAbsolute(target) ? target : join(folder, target));
  }
}

function look(path: string, trust: Trust): { facts: Stats; shared: boolean } {
  let facts: Stats;
  try {
    facts = lstatSync(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const what = missing ? 'is not there' : `cannot be looked at: ${messageOf(cause)}`;
    throw new UntrustedPathError(`${path} ${what}`, {
      cause,
      remedy: 'Check the path.',
    });
  }
  if (!isTrusted(facts.uid, trust)) throw refusal(path, facts, `does not belong to ${ownerWords(trust)}`);
  const shared = isShared(facts, trust);
  const writable = (facts.mode & OTHERS_WRITE) !== 0 && !facts.isSymbolicLink();
  if (writable && !shared) throw refusal(path, facts, 'can be written by others');
  return { facts, shared };
}

function isShared(facts: Stats, trust: Trust): boolean {
  return (
    trust === 'user' &&
    facts.isDirectory() &&
    (facts.mode & STICKY) !== 0 &&
    (facts.mode & OTHERS_WRITE) !== 0
  );
}

function isTrusted(uid: number, trust: Trust): boolean {
  return uid === 0 || (trust === 'user' && uid === process.geteuid?.());
}

const ownerWords = (trust: Trust): string => (trust === 'root' ? 'root' : 'root or to the running user');

function refusal(path: string, facts: Stats, why: string): UntrustedPathError {
  const mode = (facts.mode & 0o7777).toString(8).padStart(4, '0');
  const remedy =
    why === 'can be written by others'
      ? `chmod go-w '${path}'`
      : `Make sure of its content, then: chown root '${path}'`;
  return new UntrustedPathError(`${path} ${why} (owner ${facts.uid}, mode ${mode})`, { remedy });
}
