import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { messageOf } from '../errors.ts';
import { UntrustedPathError } from './errors.ts';
import { shellQuoted } from './quoting.ts';

/**
 * Whose files are trusted. `root`: root's alone, as it is installed. `user`: the running user's too, for development;
 * there a file may lie below a sticky folder such as /tmp, where others can make entries but not rename or remove
 * those of the trusted.
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
 * as it is written and behind every symbolic link, belong to them and cannot be written by group or others. Links and
 * `..` are followed as the kernel follows them, so that what is checked is what an open of the same path gives. On
 * macOS this goes through /var, /etc and /tmp, which are root's links into /private.
 *
 * Access control lists of macOS (`ls -le`) do not show in a mode and are not looked at.
 *
 * @throws UntrustedPathError naming the path at fault, its owner and its mode
 */
export function checkTrusted(path: string, trust: Trust): TrustedFile {
  // Not resolve(): it takes `link/..` for nothing, and the kernel for the folder above the link's target.
  const asked = isAbsolute(path) ? path : `${process.cwd()}/${path}`;
  try {
    const found = new Walk(trust).to(asked);
    // A sticky folder keeps what is in it, but takes whatever others put there.
    if (isShared(found.facts, trust)) throw refusal(found.path, found.facts, WRITABLE);
    return found;
  } catch (cause) {
    const why = messageOf(cause);
    const remedy = cause instanceof UntrustedPathError ? cause.remedy : 'Check the path.';
    throw new UntrustedPathError(why.startsWith(`${asked} `) ? why : `${asked}: ${why}`, {
      cause,
      ...(remedy !== undefined && { remedy }),
    });
  }
}

/**
 * The same for a file, or for a folder and everything in it, through links.
 *
 * @throws UntrustedPathError also where there are more than `MAX_ENTRIES` below it
 */
export function checkTrustedTree(path: string, trust: Trust): void {
  new Tree(trust).check(path);
}

class Tree {
  readonly #trust: Trust;
  /** Links may lead in a circle, or to the same folder again and again. */
  readonly #seen = new Set<string>();
  #entries = 0;

  constructor(trust: Trust) {
    this.#trust = trust;
  }

  check(path: string): void {
    const found = checkTrusted(path, this.#trust);
    if (found.facts.isDirectory()) this.#below(found.path, found.path);
  }

  #below(folder: string, top: string): void {
    if (this.#seen.has(folder)) return;
    this.#seen.add(folder);
    for (const name of namesIn(folder)) {
      this.#entries += 1;
      if (this.#entries > MAX_ENTRIES)
        throw new UntrustedPathError(`${folder}: more than ${MAX_ENTRIES} files in one tree`, {
          remedy: 'Name the folders that are meant, one by one.',
        });
      this.#entry(join(folder, name), top);
    }
  }

  /** The folders above are known to be good: only a link can lead elsewhere. */
  #entry(path: string, top: string): void {
    const facts = factsOf(path);
    if (facts.isSymbolicLink()) {
      judge(path, facts, this.#trust);
      this.check(path);
      return;
    }
    // Where the umask was wrong every file is: one command for all of them.
    if (isTrusted(facts.uid, this.#trust) && isWritable(facts))
      throw refusal(
        path,
        facts,
        WRITABLE,
        `Make sure of their content, then: chmod -R go-w ${shellQuoted(top)}`,
      );
    judge(path, facts, this.#trust);
    if (facts.isDirectory()) this.#below(path, top);
  }
}

class Walk {
  readonly #trust: Trust;
  #links = 0;

  constructor(trust: Trust) {
    this.#trust = trust;
  }

  to(path: string): TrustedFile {
    let at: TrustedFile = this.#look('/');
    for (const part of path.split('/')) {
      if (part === '' || part === '.') continue;
      if (!at.facts.isDirectory())
        throw new UntrustedPathError(`${at.path} is not a folder`, { remedy: 'Check the path.' });
      const next = this.#look(part === '..' ? dirname(at.path) : join(at.path, part));
      at = next.facts.isSymbolicLink() ? this.#follow(next.path, at.path) : next;
    }
    return at;
  }

  #look(path: string): TrustedFile {
    const facts = factsOf(path);
    judge(path, facts, this.#trust);
    return { path, facts };
  }

  #follow(link: string, folder: string): TrustedFile {
    this.#links += 1;
    if (this.#links > MAX_LINKS)
      throw new UntrustedPathError(`${link} leads through more than ${MAX_LINKS} symbolic links`, {
        remedy: 'Name the file itself.',
      });
    const target = readlinkSync(link);
    // Not join(): see `checkTrusted`.
    return this.to(isAbsolute(target) ? target : `${folder}/${target}`);
  }
}

function factsOf(path: string): Stats {
  try {
    return lstatSync(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const what = missing ? 'is not there' : `cannot be looked at: ${messageOf(cause)}`;
    throw new UntrustedPathError(`${path} ${what}`, { cause, remedy: 'Check the path.' });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new UntrustedPathError(`${folder} cannot be read: ${messageOf(cause)}`, {
      cause,
      remedy: 'Check that this user may read the folder.',
    });
  }
}

const WRITABLE = 'can be written by others';

/**
 * Refuses what the trusted do not own and what others can write, sticky folders on the way excepted.
 *
 * @throws UntrustedPathError
 */
export function judge(path: string, facts: Stats, trust: Trust): void {
  if (!isTrusted(facts.uid, trust)) throw refusal(path, facts, `does not belong to ${ownerWords(trust)}`);
  if (isWritable(facts) && !isShared(facts, trust)) throw refusal(path, facts, WRITABLE);
}

/** The mode of a link means nothing: its folder guards it. */
const isWritable = (facts: Stats): boolean => (facts.mode & OTHERS_WRITE) !== 0 && !facts.isSymbolicLink();

const isSticky = (facts: Stats): boolean => facts.isDirectory() && (facts.mode & STICKY) !== 0;

const isShared = (facts: Stats, trust: Trust): boolean =>
  trust === 'user' && isSticky(facts) && isWritable(facts);

function isTrusted(uid: number, trust: Trust): boolean {
  return uid === 0 || (trust === 'user' && uid === process.geteuid?.());
}

const ownerWords = (trust: Trust): string => (trust === 'root' ? 'root' : 'root or to the running user');

function refusal(
  path: string,
  facts: Stats,
  why: string,
  remedy = remedyFor(path, facts, why),
): UntrustedPathError {
  const mode = (facts.mode & 0o7777).toString(8).padStart(4, '0');
  return new UntrustedPathError(`${path} ${why} (owner ${facts.uid}, mode ${mode})`, { remedy });
}

function remedyFor(path: string, facts: Stats, why: string): string {
  if (why !== WRITABLE) return `Make sure of its content, then: chown root ${shellQuoted(path)}`;
  // Others rely on /tmp being as it is.
  if (isSticky(facts)) return 'Put the files into a folder that only their owner can write.';
  return `chmod go-w ${shellQuoted(path)}`;
}
