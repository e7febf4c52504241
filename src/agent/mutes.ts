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

type Matcher = (event: ProcessEvent) => boolean;

/**
 * The mutes in force. An event that one of them matches is known to the process table, so that children know their
 * parents, and to nothing else: no rule, no document, no watcher.
 */
export class Mutes {
  #mutes: { readonly name: string; readonly matches: Matcher; events: number }[] = [];
  #takenBack = 0;

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
    for (const mute of this.#mutes) {
      if (!mute.matches(event)) continue;
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
  if (kind === 'team_id') return ({ subject }) => subject.teamId === value && isProven(subject);
  if (kind === 'signing_id') return bySigningId(value);
  const below = pathMatcher(value);
  if (kind === 'path') return ({ subject }) => below(subject.executable);
  return ({ parent: { entity } }) => entity !== null && below(entity.image.executable);
}

/** A prefix ends where a component does: `/opt/a` is that file and what lies below it, never `/opt/ab`. */
export function pathMatcher(prefix: string): (path: string) => boolean {
  const folder = prefix.endsWith('/') ? prefix : `${prefix}/`;
  return (path) => path.startsWith(folder) || path === prefix;
}

function bySigningId(value: string): Matcher {
  const { signer, id } = signingIdOf(value);
  return ({ subject }) => {
    if (subject.signingId !== id || !isProven(subject)) return false;
    if (signer === null) return true;
    return signer === 'platform' ? subject.platformBinary : subject.teamId === signer;
  };
}

/** The parts of `ID`, `TEAM:ID` and `platform:ID`, as Santa writes them. */
export function signingIdOf(value: string): { readonly signer: string | null; readonly id: string } {
  const parts = /^(platform|[A-Z0-9]{10}):(.+)$/.exec(value);
  return parts === null ? { signer: null, id: value } : { signer: parts[1]!, id: parts[2]! };
}

/** Anybody can sign ad hoc under any identifier: only what Apple vouches for can be muted by one. */
function isProven(subject: ProcessBlock): boolean {
  return isTrusted(subject) && (subject.csFlags & CS_ADHOC) === 0;
}
