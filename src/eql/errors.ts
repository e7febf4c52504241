import type { Source } from './source.ts';

/** A fault in the text of a query, with its place. */
export class EqlError extends Error {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters (Unicode code points). */
  readonly column: number;
  /** The faulty line and a caret below the place: two lines of text. */
  readonly excerpt: string;
  /** What to write instead, where that is known. */
  readonly remedy: string | undefined;

  constructor(message: string, source: Source, offset: number, remedy?: string) {
    super(message);
    this.name = new.target.name;
    const { line, column } = source.locate(offset);
    this.line = line;
    this.column = column;
    this.excerpt = source.excerpt(offset);
    this.remedy = remedy;
  }

  /** `line:column: message`, the remedy, and the excerpt. */
  override toString(): string {
    const remedy = this.remedy === undefined ? '' : ` ${this.remedy}`;
    return `${this.line}:${this.column}: ${this.message}${remedy}\n${this.excerpt}`;
  }
}

/** The text is not EQL. */
export class EqlSyntaxError extends EqlError {}

/** The text is EQL, but cannot be run: types that do not agree, a construct outside the dialect. */
export class EqlVerificationError extends EqlError {}
