import { type Micros, microsOf, StreamClock } from './clock.ts';
import { type Counters, newCounters } from './counters.ts';
import { KeyStore, type StateBounds } from './keyStore.ts';
import type { JoinKey } from './keys.ts';
import { type Match, NONE, StatefulMatcher } from './matcher.ts';
import type { Needs } from './needs.ts';
import type { KeyState, Pending } from './pending.ts';
import type { Warning } from './schema.ts';
import type { MissingStep, SequencePlan, Step } from './sequencePlan.ts';
import { readPending, SEQUENCE_STATE, type StoredSequence, writePending } from './sequenceState.ts';
import { type RecordReader, type RecordWriter, readKey, readState, writeValues } from './snapshot.ts';
import { readTime } from './time.ts';
import { type Candidate, WaitingRoom } from './waiting.ts';

/** An event that a step of the plan takes, under these keys. */
interface Hit {
  readonly step: number;
  readonly keys: readonly JoinKey[];
}

/**
 * A sequence over a stream, in the order of arrival. For each join key there is one open sequence at each
 * stage, and a newer one replaces an older one. An event is offered to the last stage first and to the first
 * one last, so that it can extend one sequence and start another but is in each only once. `until` comes
 * behind the stages: an event can complete a sequence that it would also end.
 */
export class SequenceMatcher<R> extends StatefulMatcher<R> {
  readonly warnings: readonly Warning[];
  readonly #plan: SequencePlan<R>;
  readonly #needs: Needs;
  readonly #bounds: StateBounds<R>;
  readonly #counters: Counters;
  readonly #clock: StreamClock;
  /** The steps of the plan in one row: stages, then `![ ]`, then until. */
  readonly #steps: readonly Step<R>[];
  readonly #keys: KeyStore<R>;
  readonly #waiting = new WaitingRoom<R>();
  readonly #hasLeading: boolean;
  readonly #hasTrailing: boolean;

  constructor(
    plan: SequencePlan<R>,
    bounds: StateBounds<R>,
    needs: Needs,
    warnings: readonly Warning[],
    counters: Counters = newCounters(),
  ) {
    super();
    this.#plan = plan;
    this.#bounds = bounds;
    this.#keys = new KeyStore(plan.stages.length, plan.missing.length, plan.maxSpan, bounds, counters);
    this.#needs = needs;
    this.warnings = warnings;
    this.#counters = counters;
    this.#clock = new StreamClock(plan.maxSpan ?? Number.POSITIVE_INFINITY);
    this.#steps = [...plan.stages, ...plan.missing, ...(plan.until === undefined ? [] : [plan.until])];
    this.#hasLeading = plan.missing.some(({ place }) => place === 'leading');
    this.#hasTrailing = plan.missing.some(({ place }) => place === 'trailing');
  }

  feed(record: R): readonly Match<R>[] {
    const hits = this.#hitsOf(record);
    if (hits === undefined) return NONE;
    const matches: Match<R>[] = [];
    const now = this.#tick(record, matches);
    this.#keys.expire(now);
    for (const hit of hits) this.#apply(hit, record, now, matches);
    return matches;
  }

  advance(timeMs: number): readonly Match<R>[] {
    this.#clock.advance(microsOf(timeMs));
    const now = this.#clock.now!;
    this.#keys.expire(now);
    return this.#settle(this.#waiting.takeDue(now));
  }

  end(): readonly Match<R>[] {
    return this.#settle(this.#waiting.takeAll());
  }

  needs(): Needs {
    return this.#needs;
  }

  counters(): Readonly<Counters> {
    return { ...this.#counters, lateEvents: this.#clock.late };
  }

  save(records: RecordWriter<R>): StoredSequence {
    const keys = Array.from(this.#keys.states(), ({ values, touched, pending, sightings }) => ({
      values: writeValues(values),
      touched,
      pending: pending.map((each) => (each === undefined ? null : writePending(each, records))),
      sightings: sightings.map(({ latest = null, previous = null }): [number | null, number | null] => [
        latest,
        previous,
      ]),
    }));
    const waiting = this.#waiting.all().map(({ key, pending, deadline }) => ({
      values: writeValues(key.values),
      pending: writePending(pending, records),
      deadline,
    }));
    return { now: this.#clock.now ?? null, keys, waiting };
  }

  load(stored: unknown, records: RecordReader<R>): void {
    const { now, keys, waiting } = readState(SEQUENCE_STATE, stored);
    for (const [id, state] of this.#keys.entries()) this.#keys.drop(id, state);
    this.#settle(this.#waiting.takeAll());
    this.#clock.now = now ?? undefined;
    for (const { values, touched, pending, sightings } of keys) {
      const key = readKey(values);
      for (const [stage, each] of pending.slice(0, this.#plan.stages.length - 1).entries())
        if (each !== null) this.#keys.keep(stage, key, readPending(each, records), touched);
      for (const [index, [latest, previous]] of sightings.slice(0, this.#plan.missing.length).entries()) {
        if (latest === null) continue;
        const seen = this.#keys.touch(key, touched).sightings[index]!;
        seen.previous = previous ?? undefined;
        seen.latest = latest;
      }
    }
    for (const { values, pending, deadline } of waiting)
      this.#await({ key: readKey(values), pending: readPending(pending, records), deadline });
  }

  /** The steps that take the record, last stage first, then `![ ]`, then until; nothing changes yet. */
  #hitsOf(record: R): Hit[] | undefined {
    let hits: Hit[] | undefined;
    const stages = this.#plan.stages.length;
    for (let at = 0; at < this.#steps.length; at += 1) {
      const step = at < stages ? stages - 1 - at : at;
      const { test, keys, aliases } = this.#steps[step]!;
      if (aliases.length === 0 && !test(record)) continue;
      const found = aliases.length === 0 ? keys(record) : this.#keysWithAliases(step, record);
      if (found.length === 0) continue;
      hits ??= [];
      hits.push({ step, keys: found });
    }
    return hits;
  }

  /** The keys under which the record passes a test that reads earlier events of what is open there. */
  #keysWithAliases(stage: number, record: R): JoinKey[] {
    const { test, keys, aliases } = this.#steps[stage]!;
    return keys(record).filter((key) => {
      const pending = this.#keys.get(key.id)?.pending[stage - 1];
      if (pending === undefined) return false;
      for (const { slot, stage: earlier } of aliases) slot.record = pending.events[earlier];
      const passes = test(record);
      for (const { slot } of aliases) slot.record = undefined;
      return passes;
    });
  }

  /** The time of the stream with this record; candidates that it decides on are matches. */
  #tick(record: R, matches: Match<R>[]): Micros {
    const value = this.#plan.time(record);
    const time =
      value === null || value === undefined || typeof value === 'object' ? undefined : readTime(value);
    const direction = this.#clock.tick(time === undefined ? undefined : microsOf(time));
    if (direction === 'set back') this.#close(matches);
    this.#clock.now ??= 0;
    if (this.#waiting.size > 0) matches.push(...this.#settle(this.#waiting.takeDue(this.#clock.now)));
    return this.#clock.now;
  }

  /** No span can be measured any more: what is open ends, and nothing has undone what waits. */
  #close(matches: Match<R>[]): void {
    for (const [id, state] of this.#keys.entries()) {
      for (const pending of state.pending) if (pending !== undefined) this.#counters.closedSequences += 1;
      this.#keys.drop(id, state);
    }
    matches.push(...this.#settle(this.#waiting.takeAll()));
  }

  #apply({ step, keys }: Hit, record: R, now: Micros, matches: Match<R>[]): void {
    const stages = this.#plan.stages.length;
    const missing = this.#plan.missing[step - stages];
    for (const key of keys) {
      if (step < stages) this.#stage(step, key, record, now, matches);
      else if (missing !== undefined) this.#see(step - stages, missing, key, now);
      else this.#until(key);
    }
  }

  #stage(stage: number, key: JoinKey, record: R, now: Micros, matches: Match<R>[]): void {
    const state = this.#keys.get(key.id);
    const pending = stage === 0 ? this.#begin(state, record, now) : this.#extend(stage, state, record, now);
    if (state?.isEmpty === true) this.#keys.delete(key.id);
    if (pending === undefined) return;
    if (stage === this.#plan.stages.length - 1) this.#complete(key, pending, now, matches);
    else this.#keys.keep(stage, key, pending, now);
  }

  #begin(state: KeyState<R> | undefined, record: R, now: Micros): Pending<R> {
    return {
      events: [record],
      first: now,
      last: now,
      leading: this.#latestLeading(state, now),
      spoiled: false,
    };
  }

  #latestLeading(state: KeyState<R> | undefined, now: Micros): Micros | undefined {
    if (state === undefined || !this.#hasLeading) return undefined;
    let latest: Micros | undefined;
    for (const [index, { place }] of this.#plan.missing.entries()) {
      const seen = place === 'leading' ? state.sightings[index]!.before(now) : undefined;
      if (seen !== undefined && (latest === undefined || seen > latest)) latest = seen;
    }
    return latest;
  }

  /** Moves the sequence that waits before `stage` on; it is used up even where the span is exceeded. */
  #extend(stage: number, state: KeyState<R> | undefined, record: R, now: Micros): Pending<R> | undefined {
    const pending = state?.pending[stage - 1];
    if (state === undefined || pending === undefined) return undefined;
    state.pending[stage - 1] = undefined;
    this.#keys.release(pending);
    const { maxSpan } = this.#plan;
    if (maxSpan !== undefined && now - pending.first > maxSpan) return undefined;
    for (const [index, { place }] of this.#plan.missing.entries()) {
      const seen = place === stage ? state.sightings[index]!.before(now) : undefined;
      if (seen !== undefined && seen > pending.last) pending.spoiled = true;
    }
    pending.events.push(record);
    pending.last = now;
    return pending;
  }

  #complete(key: JoinKey, pending: Pending<R>, now: Micros, matches: Match<R>[]): void {
    if (pending.spoiled) return;
    const deadline = this.#deadline(pending, now);
    if (deadline === 'rejected') return;
    if (deadline === undefined || deadline <= now) matches.push(this.#match({ key, pending }));
    else this.#await({ key, pending, deadline });
  }

  /**
   * The last moment at which a trailing event would undo the sequence; undefined where none can. With leading
   * and trailing terms only both together undo it, when they are no further apart than the span.
   */
  #deadline({ first, leading }: Pending<R>, now: Micros): Micros | undefined | 'rejected' {
    const span = this.#plan.maxSpan ?? 0;
    if (this.#hasLeading && this.#hasTrailing) return leading === undefined ? undefined : leading + span;
    if (this.#hasTrailing) return first + span;
    return leading !== undefined && now - leading <= span ? 'rejected' : undefined;
  }

  #await(candidate: Candidate<R>): void {
    if (!this.#keys.takeBytes(candidate.pending)) return;
    if (this.#waiting.size >= this.#bounds.maxKeys) {
      const first = this.#waiting.takeNext();
      if (first !== undefined) this.#keys.release(first.pending);
      this.#counters.droppedKeys += 1;
    }
    this.#waiting.add(candidate);
  }

  #settle(candidates: readonly Candidate<R>[]): readonly Match<R>[] {
    for (const { pending } of candidates) this.#keys.release(pending);
    return candidates.length === 0 ? NONE : candidates.map((candidate) => this.#match(candidate));
  }

  #match({ key, pending }: Pick<Candidate<R>, 'key' | 'pending'>): Match<R> {
    const events = this.#plan.layout.map((stage) => (stage === null ? null : pending.events[stage]!));
    return { events, joinKeys: key.values };
  }

  #see(index: number, { place }: MissingStep<R>, key: JoinKey, now: Micros): void {
    if (place === 'trailing')
      for (const { pending } of this.#waiting.undo(key, now)) this.#keys.release(pending);
    else this.#keys.touch(key, now).sightings[index]!.add(now);
  }

  #until(key: JoinKey): void {
    const state = this.#keys.get(key.id);
    if (state === undefined) return;
    for (const [stage, pending] of state.pending.entries()) {
      if (pending !== undefined) this.#keys.release(pending);
      state.pending[stage] = undefined;
    }
    if (state.isEmpty) this.#keys.delete(key.id);
  }
}
