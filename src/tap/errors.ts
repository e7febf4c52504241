import { ExectapError } from '../errors.ts';

/** A stream cannot be opened or read, or the tap was used wrongly. */
export class TapError extends ExectapError {
  /** Name of the system's error, such as ENOENT, when there was one. */
  readonly code: string | undefined;

  constructor(message: string, options: { remedy?: string; cause?: unknown; code?: string } = {}) {
    super(message, options);
    this.code = options.code;
  }
}
