/**
 * A slow second opinion on sequences, written from the description of the semantics: it looks at all events
 * at once, key by key, and checks missing events by searching the whole list.
 */
export interface ModelEvent {
  readonly id: number;
  /** Seconds; the list is in ascending order. */
  readonly time: number;
  readonly kind: string;
  /** The join keys of the event; without one it joins nothing. */
  readonly keys: readonly string[];
}

export interface ModelTerm {
  readonly kinds: readonly string[];
  readonly missing: boolean;
  readonly runs: number;
}

export interface ModelSequence {
  readonly terms: readonly ModelTerm[];
  readonly until: readonly string[] | undefined;
  /** Seconds. */
  readonly maxSpan: number | undefined;
}

/** The ids of the events of every sequence, null for a missing one, in the order of the results. */
export function modelSequences(sequence: ModelSequence, events: readonly ModelEvent[]): (number | null)[][] {
  const keys = [...new Set(events.flatMap((event) => event.keys))].sort();
  const found = keys.flatMap((key) => {
    const own = events.filter((event) => event.keys.includes(key));
    return candidates(sequence, own)
      .filter((candidate) => isKept(sequence, candidate, own))
      .map((candidate) => ({ key, candidate }));
  });
  const last = (candidate: readonly ModelEvent[]) => events.indexOf(candidate.at(-1)!);
  found.sort((a, b) => last(a.candidate) - last(b.candidate) || (a.key < b.key ? -1 : 1));
  return found.map(({ candidate }) => {
    const rest = [...candidate];
    return sequence.terms.flatMap((term) =>
      Array.from({ length: term.runs }, () => (term.missing ? null : rest.shift()!.id)),
    );
  });
}

function candidates({ terms, until, maxSpan }: ModelSequence, events: readonly ModelEvent[]): ModelEvent[][] {
  const stages = terms.flatMap((term) =>
    term.missing ? [] : Array.from({ length: term.runs }, () => term.kinds),
  );
  let open: ModelEvent[][] = [];
  const complete: ModelEvent[][] = [];
  for (const event of events) {
    for (let stage = stages.length - 1; stage >= 0; stage -= 1) {
      if (!stages[stage]!.includes(event.kind)) continue;
      const before = open.find((each) => each.length === stage);
      if (stage > 0 && before === undefined) continue;
      open = open.filter((each) => each !== before);
      const longer = [...(before ?? []), event];
      if (maxSpan !== undefined && event.time - longer[0]!.time > maxSpan) continue;
      if (longer.length === stages.length) complete.push(longer);
      else open = [...open.filter((each) => each.length !== longer.length), longer];
    }
    if (until?.includes(event.kind) === true) open = [];
  }
  return complete;
}

function isKept(
  { terms, maxSpan = 0 }: ModelSequence,
  candidate: readonly ModelEvent[],
  events: readonly ModelEvent[],
): boolean {
  const [first, last] = [candidate[0]!.time, candidate.at(-1)!.time];
  const times = (term: ModelTerm) =>
    events.filter((event) => term.kinds.includes(event.kind)).map((event) => event.time);
  const firstPositive = terms.findIndex((term) => !term.missing);
  const lastPositive = terms.findLastIndex((term) => !term.missing);
  const leading = terms.slice(0, firstPositive);
  const trailing = terms.slice(lastPositive + 1);
  let place = 0;
  for (const term of terms.slice(firstPositive, lastPositive + 1)) {
    if (!term.missing) place += term.runs;
    else if (times(term).some((time) => time > candidate[place - 1]!.time && time < candidate[place]!.time))
      return false;
  }
  const before = leading.flatMap(times).filter((time) => time < first);
  const behind = trailing.flatMap(times).filter((time) => time > last);
  const [latest, earliest] = [Math.max(...before), Math.min(...behind)];
  if (leading.length > 0 && trailing.length > 0) return !(earliest - latest <= maxSpan);
  if (leading.length > 0) return !(last - latest <= maxSpan);
  return !(earliest - first <= maxSpan);
}
