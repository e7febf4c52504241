/**
 * Gathers alerts of many callers into few commits: a flush costs the same for one row as for five hundred.
 * A caller's alerts wait in `#queue`; while a commit runs more may join; the next commit takes what is there,
 * within the bounds. The first alert into an idle queue is committed at once, so nothing waits for company.
 */
import type { AppendResult, NewAlert } from '../alert-store.ts';
import { InvalidAlertError } from '../errors.ts';

/** Alerts in one commit: about 25 ms of work for SQLite's thread, during which nothing else is written. */
export const MAX_ALERTS_PER_COMMIT = 500;

/**
 * Characters of documents and details in one commit. They become one JSON parameter on the event loop, at about
 * 10 ms for 4 Mi; a single alert over the bound goes alone.
 */
export const MAX_CHARS_PER_COMMIT = 4 * 1024 * 1024;

/** Writes alerts in one commit; returns the ids that were new. */
export type CommitAlerts = (alerts: readonly NewAlert[]) => Promise<string[]>;

interface Call {
  result: AppendResult;
  waiting: number;
  failed: boolean;
  resolve: (result: AppendResult) => void;
  reject: (error: unknown) => void;
}

interface Queued {
  alert: NewAlert;
  call: Call;
}

function charsOf(alert: NewAlert): number {
  return alert.document.length + alert.detail.length;
}

const TEXTS = ['id', 'ruleId', 'ruleName', 'severity', 'entityId', 'document', 'detail'] as const;
const NEVER_EMPTY = ['id', 'ruleId', 'entityId', 'document', 'detail'] as const;

/** What the types promise, checked where a fault would otherwise become NULL or fail a commit of others. */
function checkAlert(alert: NewAlert): void {
  const text = TEXTS.find((name) => typeof alert[name] !== 'string');
  if (text !== undefined) throw new InvalidAlertError(`An alert's ${text} is not a string.`);
  const empty = NEVER_EMPTY.find((name) => alert[name] === '');
  if (empty !== undefined) throw new InvalidAlertError(`An alert's ${empty} is empty.`);
  if (!Number.isSafeInteger(alert.timeMs)) {
    throw new InvalidAlertError(`Alert ${alert.id}: timeMs is not a whole number: ${alert.timeMs}`);
  }
  if (!Number.isFinite(alert.riskScore)) {
    throw new InvalidAlertError(`Alert ${alert.id}: riskScore is not a number: ${alert.riskScore}`);
  }
}

export class GroupCommit {
  readonly #commit: CommitAlerts;
  #queue: Queued[] = [];
  #running: Promise<void> | null = null;

  constructor(commit: CommitAlerts) {
    this.#commit = commit;
  }

  /** @throws {InvalidAlertError} and whatever the commit fails with. */
  async append(alerts: readonly NewAlert[]): Promise<AppendResult> {
    for (const alert of alerts) checkAlert(alert);
    if (alerts.length === 0) return { stored: [], known: [] };
    return new Promise((resolve, reject) => {
      const call: Call = {
        result: { stored: [], known: [] },
        waiting: alerts.length,
        failed: false,
        resolve,
        reject,
      };
      for (const alert of alerts) this.#queue.push({ alert, call });
      this.#running ??= this.#drain();
    });
  }

  /** Resolves when everything that was appended so far is stored or has failed. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#take();
      try {
        this.#answer(batch, await this.#store(batch));
      } catch (failure) {
        await this.#fails(batch, failure);
      }
    }
    this.#running = null;
  }

  #take(): Queued[] {
    let chars = 0;
    let count = 0;
    for (const { alert } of this.#queue) {
      chars += charsOf(alert);
      if (count === MAX_ALERTS_PER_COMMIT || (count > 0 && chars > MAX_CHARS_PER_COMMIT)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #store(batch: readonly Queued[]): Promise<Set<string>> {
    return new Set(await this.#commit(batch.map(({ alert }) => alert)));
  }

  #answer(batch: readonly Queued[], fresh: Set<string>): void {
    for (const { alert, call } of batch) {
      // An id that stands in the batch twice is new for the first and known to the second.
      if (fresh.delete(alert.id)) call.result.stored.push(alert.id);
      else call.result.known.push(alert.id);
      call.waiting -= 1;
      if (call.waiting === 0 && !call.failed) call.resolve(call.result);
    }
  }

  async #fails(batch: readonly Queued[], failure: unknown): Promise<void> {
    const calls = [...new Set(batch.map(({ call }) => call))];
    if (calls.length === 1 || !(failure instanceof InvalidAlertError)) {
      for (const call of calls) this.#fail(call, failure);
      return;
    }
    // One caller's alert is at fault: each caller gets a commit of its own, so that the others do not pay for it.
    for (const call of calls) {
      const own = batch.filter((queued) => queued.call === call);
      try {
        this.#answer(own, await this.#store(own));
      } catch (ownFailure) {
        this.#fail(call, ownFailure);
      }
    }
  }

  #fail(call: Call, failure: unknown): void {
    call.failed = true;
    this.#queue = this.#queue.filter((queued) => queued.call !== call);
    call.reject(failure);
  }
}
