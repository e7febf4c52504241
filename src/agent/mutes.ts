import { isTrusted } from '../ecs/code-signature.ts';
import type { ProcessEvent } from '../ecs/index.ts';
import type { ProcessBlock } from '../tap/index.ts';

export const MUTE_KINDS = ['path', 'signing_id', 'team_id', 'parent'] as const;
export type MuteKind = (typeof MUTE_KINDS)[number];

/** Which events go no further than the process table. */
export interface MuteSelector {
  readonly kind: MuteKind;
  /** A path prefix for `path` and `parent`; `ID`, `TEAM:ID` or `platform:ID` for `signing_id`. */
  readonly value: string;
}

export interface MuteCounters {
  /** Events that a mute has cut in this run, by mutes that were taken back since as well. */
  readonly muted: number;
  /** The same for each mute in force: the first that matches an event has cut it. */
  readonly mutes: readonly { readonly mute: string; readonly events: number }[];
}

/** An event is compared with each of them, so their number is a cost of every event. */
export const MUTE_LIMIT = 256;

/** The signature is nobody's: CS_ADHOC [xnu, osfmk/kern/cs_blobs.h]. Its identifiers are what its maker likes. */
const CS_ADHOC = 0x2;

type Matcher = (facts: EventFacts) => boolean;

/**
 * The mutes in force. An event that one of them matches is known to the process table, so that children know their
 * parents, and to nothing else: no rule, no document, no watcher.
 */
export class Mutes {
  #mutes: { readonly name: string; readonly matches: Matcher; events: number }[] = [];
  #takenBack = 0;
  readonly #facts = new EventFacts();

  constructor(selectors: readonly MuteSelector[] = []) {
    this.use(selectors);
  }

  /** Replaces what is in force; a mute that stays keeps its count. */
  use(selectors: readonly MuteSelector[]): void {
    const before = new Map(this.#mutes.map(({ name, events }) => [name, events]));
    this.#mutes = [...new Map(selectors.map((selector) => [muteName(selector), selector]))].map(
      ([name, selector]) => {
        const events = before.get(name) ?? 0;
        before.delete(name);
        return { name, matches: matcherOf(selector), events };
      },
    );
    for (const events of before.values()) this.#takenBack += events;
  }

  /** Whether the event goes no further, counted where it does not. */
  cut(event: ProcessEvent): boolean {
    if (this.#mutes.length === 0) return false;
    this.#facts.load(event);
    for (const mute of this.#mutes) {
      if (!mute.matches(this.#facts)) continue;
      mute.events += 1;
      return true;
    }
    return false;
  }

  get counters(): MuteCounters {
    const mutes = this.#mutes.map(({ name, events }) => ({ mute: name, events }));
    return { muted: mutes.reduce((sum, { events }) => sum + events, this.#takenBack), mutes };
  }
}

export const muteName = ({ kind, value }: MuteSelector): string => `${kind}: ${value}`;

function matcherOf({ kind, value }: MuteSelector): Matcher {
  if (kind === 'team_id') return ({ signer }) => signer?.teamId === value;
  if (kind === 'signing_id') return bySigningId(value);
  const below = pathMatcher(value);
  if (kind === 'path') return ({ path }) => below(path);
  return ({ parentPath }) => parentPath !== null && below(parentPath);
}

/** A prefix ends where a component does: `/opt/a` is that file and what lies below it, never `/opt/ab`. */
export function pathMatcher(prefix: string): (path: string) => boolean {
  const folder = prefix.endsWith('/') ? prefix : `${prefix}/`;
  return (path) => path.startsWith(folder) || path === prefix;
}

function bySigningId(value: string): Matcher {
  const { signer: asked, id } = signingIdOf(value);
  return ({ signer }) => {
    if (signer?.signingId !== id) return false;
    if (asked === null) return true;
    return asked === 'platform' ? signer.platformBinary : signer.teamId === asked;
  };
}

/** The parts of `ID`, `TEAM:ID` and `platform:ID`, as Santa writes them. */
export function signingIdOf(value: string): { readonly signer: string | null; readonly id: string } {
  const parts = /^(platform|[A-Z0-9]{10}):(.+)$/.exec(value);
  return parts === null ? { signer: null, id: value } : { signer: parts[1]!, id: parts[2]! };
}

type Signer = Pick<ProcessBlock, 'signingId' | 'teamId' | 'platformBinary'>;

/** What mutes ask of an event, each read from the record at most once, however many ask. */
class EventFacts {
  #event!: ProcessEvent;
  #path: string | null = null;
  #signer: Signer | null | undefined;

  load(event: ProcessEvent): void {
    this.#event = event;
    this.#path = null;
    this.#signer = undefined;
  }

  get path(): string {
    this.#path ??= this.#event.subject.executable;
    return this.#path;
  }

  get parentPath(): string | null {
    return this.#event.parent.entity?.image.executable ?? null;
  }

  /**
   * Who has signed; null where Apple does not vouch for it. Anybody can sign ad hoc, under any identifier and any team.
   */
  get signer(): Signer | null {
    if (this.#signer === undefined) {
      const { subject } = this.#event;
      const proven = isTrusted(subject) && (subject.csFlags & CS_ADHOC) === 0;
      const { signingId, teamId, platformBinary } = subject;
      this.#signer = proven ? { signingId, teamId, platformBinary } : null;
    }
    return this.#signer;
  }
}
