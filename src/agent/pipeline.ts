import { setImmediate as nextTurn } from 'node:timers/promises';
import { alertDocument, alertIdOf, type Origin, type ProcessEvent } from '../ecs/index.ts';
import type { Counters as SequenceCounters } from '../eql/index.ts';
import type { ProcessEntity } from '../process/index.ts';
import type { Finding, RuleSet } from '../rules/index.ts';
import type { AlertStore, NewAlert } from '../store/index.ts';
import type { Batch, EventRecord, SequenceGap, Tap } from '../tap/index.ts';
import type { ControlLine } from './control-line.ts';
import { EventReader } from './event-reader.ts';
import type { Exceptions } from './exceptions.ts';
import type { Gap } from './gaps.ts';
import { type MuteCounters, type MuteSelector, Mutes } from './mutes.ts';
import type { OwnEventCounters, OwnEvents } from './own-events.ts';
import type { TapPosition } from './tap-position.ts';

/**
 * Alerts that may wait for their commit before the tap is read on. Enough for a burst to share one flush; beyond it
 * the tap waits: what the pump cannot hold meanwhile it drops and counts.
 */
const ALERTS_IN_FLIGHT = 1_000;

/** How long after an event others of the same time may still come, in milliseconds. */
const LATENESS_MS = 10_000;

const NO_OWN_EVENTS: OwnEventCounters = { agent: 0, selfTests: 0 };

export interface PipelineCounters extends MuteCounters {
  /** What rules found; each is stored, known already, or excepted. */
  matched: number;
  /** Findings that made no alert because an exception covers them. */
  excepted: number;
  /** New alerts, durable. */
  stored: number;
  /** Matches of a process that has its alert of that rule already, or of a capture read again. */
  known: number;
  /** Processes forgotten because the table was full. */
  evictedProcesses: number;
  /** Events that the agent itself has caused. */
  own: Readonly<OwnEventCounters>;
  /** What bounds and clocks have cut from the sequences of rules. */
  sequences: Readonly<SequenceCounters>;
}

export interface PipelineOptions {
  readonly origin: Origin;
  /** A capture has an end, behind which nothing comes; a live tap only pauses. */
  readonly live: boolean;
  readonly rules: RuleSet;
  /** Events that go no further than the process table. */
  readonly mutes?: readonly MuteSelector[];
  readonly store: Pick<AlertStore, 'append'>;
  /** What makes no alert though a rule finds it. */
  readonly exceptions?: Pick<Exceptions, 'start' | 'count'>;
  /** Told of new alerts once they are durable; the tap is not read far ahead of what it takes. */
  readonly onStored?: (alerts: readonly NewAlert[]) => Promise<void> | void;
  /** Told of matches whose alert was there already. */
  readonly onKnown?: (alerts: readonly NewAlert[]) => void;
  /** Told of control lines, in their place between the events. */
  readonly onControl?: (line: ControlLine) => void;
  /** Told of what is missing before a run that is taken up in the middle. */
  readonly onGap?: (gap: Gap) => void;
  /** Told of numbers that are missing in or before a batch, once it was read. */
  readonly onMissing?: (gaps: readonly SequenceGap[]) => void;
  /** Told of the last record of each batch. */
  readonly onLastEvent?: (record: EventRecord) => void;
  /** Knows the agent's own events, which go no further. */
  readonly own?: OwnEvents;
  /** Keeps account of how far the tap was read. */
  readonly position?: TapPosition;
  readonly now?: () => number;
}

/**
 * The way of an event: record → process table → rules → alert → store. One for live, replay and tests. An alert is
 * counted, shown and sent only after its commit.
 */
export class Pipeline {
  readonly #counts = { matched: 0, excepted: 0, stored: 0, known: 0 };
  readonly #options: PipelineOptions;
  readonly #now: () => number;
  readonly #reader: EventReader;
  readonly #watchers = new Set<(event: ProcessEvent) => void>();
  readonly #mutes: Mutes;
  #rules: RuleSet;
  #nextRules: RuleSet | null = null;
  readonly #inFlight = new Set<Promise<void>>();
  #alertsInFlight = 0;
  #failure: { error: unknown } | null = null;
  /** Whether an event is in the rules' hands: they take nothing else meanwhile. */
  #evaluating = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#rules = options.rules;
    this.#mutes = new Mutes(options.mutes);
    this.#now = options.now ?? Date.now;
    this.#reader = new EventReader(options.origin, {
      onControl: (line) => {
        if (line.kind === 'start') {
          options.position?.start(line);
          options.own?.started(line);
        }
        options.onControl?.(line);
      },
    });
  }

  get counters(): PipelineCounters {
    return {
      ...this.#counts,
      ...this.#mutes.counters,
      evictedProcesses: this.#reader.evicted,
      own: this.#options.own?.counters ?? NO_OWN_EVENTS,
      sequences: this.#rules.counters(),
    };
  }

  /** Shows every event to a watcher as it passes, valid only for that moment; gives what ends it. */
  watch(watcher: (event: ProcessEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** The living process with this pid or entity id; null where none was seen. */
  findProcess(id: string): ProcessEntity | null {
    return this.#reader.findProcess(id);
  }

  /** Evaluates from the next event on by these rules. What the old ones have open goes on where a rule is the same. */
  useRules(rules: RuleSet): void {
    const state = this.#rules.snapshot();
    if (state !== null) rules.restore(state);
    this.#nextRules = rules;
    if (!this.#evaluating) this.#changeRules();
  }

  /** Mutes by these, and no others, from the next event on. */
  useMutes(mutes: readonly MuteSelector[]): void {
    this.#mutes.use(mutes);
  }

  #changeRules(): void {
    this.#rules = this.#nextRules ?? this.#rules;
    this.#nextRules = null;
  }

  /** Resolves when every alert that was found so far is durable. */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  /** Reads the tap to its end. Every alert is durable when it resolves; rejects where the tap or the store fails. */
  async run(tap: Tap): Promise<void> {
    for (let batch = await tap.next(); batch !== null; batch = await tap.next()) {
      this.#append(await this.#take(batch));
      if (this.#alertsInFlight > ALERTS_IN_FLIGHT) await this.settled();
      this.#check();
    }
    if (!this.#options.live) this.#append(this.#alerts(await this.#notExcepted(this.#rules.end())));
    await this.settled();
    this.#check();
  }

  /** For a live tap, every second or so: rules that wait for something not to come learn that it did not. */
  tick(): void {
    if (this.#evaluating) return;
    const findings = this.#rules.advance(this.#now() - LATENESS_MS);
    // Here nothing can wait: what is not decided in one slice is not covered.
    const left = findings.filter((finding) => {
      const asked = this.#startExceptions(finding);
      asked?.run();
      return !this.#covers(asked, finding);
    });
    this.#append(this.#alerts(left));
  }

  /** Everything that needs the batch happens here, before the tap is asked for the next one. */
  async #take(batch: Batch): Promise<NewAlert[]> {
    const alerts: NewAlert[] = [];
    const { position, own } = this.#options;
    for (let index = 0; index < batch.length; index += 1) {
      const event = this.#reader.read(batch.at(index));
      if (event === null) continue;
      if (position?.firstIsDue === true) this.#resumed(position, event.record);
      if (own?.claims(event) === true || this.#mutes.cut(event)) continue;
      for (const watcher of this.#watchers) watcher(event);
      const evaluation = this.#rules.start(event);
      if (!evaluation.run()) await this.#inSlices(evaluation);
      const findings = evaluation.findings();
      if (findings.length > 0) alerts.push(...this.#alerts(await this.#notExcepted(findings)));
    }
    // Behind the events: a line among them names the host that they are missing from.
    if (batch.gaps.length > 0) this.#options.onMissing?.(batch.gaps);
    if (batch.length > 0) {
      position?.read(batch.at(batch.length - 1));
      this.#options.onLastEvent?.(batch.at(batch.length - 1));
    }
    return alerts;
  }

  #resumed(position: TapPosition, record: EventRecord): void {
    const gap = position.first(record);
    if (gap !== null) this.#options.onGap?.(gap);
  }

  /** An event that is dear to evaluate holds nothing else up. */
  async #inSlices(evaluation: { run(): boolean }): Promise<void> {
    this.#evaluating = true;
    try {
      do await nextTurn();
      while (!evaluation.run());
    } finally {
      this.#evaluating = false;
      this.#changeRules();
    }
  }

  /** The findings that no exception covers. */
  async #notExcepted(findings: readonly Finding[]): Promise<Finding[]> {
    const left: Finding[] = [];
    for (const finding of findings) {
      const asked = this.#startExceptions(finding);
      if (asked?.run() === false) await this.#inSlices(asked);
      if (!this.#covers(asked, finding)) left.push(finding);
    }
    return left;
  }

  /**
   * Exceptions end by the agent's clock where the tap is live, and by the time of the event in a capture: read again
   * on another day it makes the same alerts. (A search of Elastic's goes by the start of its own run.)
   */
  #startExceptions(finding: Finding): ReturnType<Exceptions['start']> | undefined {
    return this.#options.exceptions?.start(finding, this.#options.live ? this.#now() : finding.timeMs);
  }

  #covers(asked: ReturnType<Exceptions['start']> | undefined, finding: Finding): boolean {
    const covering = asked?.covering() ?? [];
    if (covering.length === 0) return false;
    this.#options.exceptions?.count(covering, finding);
    this.#counts.matched += 1;
    this.#counts.excepted += 1;
    return true;
  }

  #alerts(findings: readonly Finding[]): NewAlert[] {
    this.#counts.matched += findings.length;
    return findings.map((finding) => this.#alert(finding));
  }

  #alert({ rule, sources, entityId, timeMs, ancestry }: Finding): NewAlert {
    return {
      id: alertIdOf(sources, rule),
      ruleId: rule.id,
      ruleName: rule.name,
      severity: rule.severity,
      riskScore: rule.riskScore,
      entityId,
      timeMs,
      document: JSON.stringify(alertDocument(sources, rule, new Date(this.#now()).toISOString())),
      detail: JSON.stringify({
        ancestry,
        rule: { note: rule.note, falsePositives: rule.falsePositives, references: rule.references },
      }),
    };
  }

  #append(alerts: readonly NewAlert[]): void {
    if (alerts.length === 0) return;
    this.#alertsInFlight += alerts.length;
    const commit = this.#commit(alerts)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#alertsInFlight -= alerts.length;
        this.#inFlight.delete(commit);
      });
    this.#inFlight.add(commit);
  }

  async #commit(alerts: readonly NewAlert[]): Promise<void> {
    const { stored, known } = await this.#options.store.append(alerts);
    this.#counts.stored += stored.length;
    this.#counts.known += known.length;
    // `delete`, not `has`: an event that a capture holds twice is one alert.
    const fresh = new Set(stored);
    const [isNew, isKnown]: [NewAlert[], NewAlert[]] = [[], []];
    for (const alert of alerts) (fresh.delete(alert.id) ? isNew : isKnown).push(alert);
    if (isNew.length > 0) await this.#options.onStored?.(isNew);
    if (isKnown.length > 0) this.#options.onKnown?.(isKnown);
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
