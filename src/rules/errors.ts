import { ExectapError } from '../errors.ts';

/** A rule file that cannot be used: which file, where in it, what is wrong. */
export class RuleError extends ExectapError {
  readonly file: string;
  /** 1-based line in the file, where it is known. */
  readonly line: number | undefined;
  /** The message without the place. */
  readonly problem: string;

  constructor(
    file: string,
    line: number | undefined,
    problem: string,
    options: { remedy?: string; cause?: unknown } = {},
  ) {
    super(`${file}${line === undefined ? '' : `:${line}`}: ${problem}`, options);
    this.file = file;
    this.line = line;
    this.problem = problem;
  }
}

/** A rule that is in order and does not belong here: of another type, of another system, or not to be used. */
export class UnusableRuleError extends RuleError {}
