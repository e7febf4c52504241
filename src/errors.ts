/** What went wrong, in the words of the person who must act on it: `message` says what, `remedy` says what to do. */
export class ExectapError extends Error {
  readonly remedy: string | undefined;

  constructor(message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.remedy = options.remedy;
  }
}

/** The command line was used wrongly: exit code 2. */
export class UsageError extends ExectapError {}

/** The message of anything that was thrown, for wrapping into a typed error. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
