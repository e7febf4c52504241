/** Between two log lines of the same words, in milliseconds. */
const QUIET_MS = 60_000;

interface Log {
  info(message: string, fields?: object): unknown;
  warn(message: string, fields?: object): unknown;
}

/** Says the same thing once a minute, and how often it was left unsaid: a client must not fill the log. */
export class SparingLog {
  readonly #log: Log;
  readonly #now: () => number;
  /** By message; messages are the program's own, so they are few. */
  readonly #said = new Map<string, { atMs: number; unsaid: number }>();

  constructor(log: Log, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  info(message: string, fields: object): void {
    this.#say('info', message, fields);
  }

  warn(message: string, fields: object): void {
    this.#say('warn', message, fields);
  }

  #say(level: 'info' | 'warn', message: string, fields: object): void {
    const now = this.#now();
    const before = this.#said.get(message);
    if (before !== undefined && now - before.atMs < QUIET_MS) {
      before.unsaid += 1;
      return;
    }
    const unsaid = before?.unsaid ?? 0;
    this.#said.set(message, { atMs: now, unsaid: 0 });
    this.#log[level](message, { ...fields, ...(unsaid > 0 && { unsaid }) });
  }
}
