/** Where something stands in a query: 1-based, a column counts characters (Unicode code points). */
export interface Location {
  readonly line: number;
  readonly column: number;
}

/** A stretch of the query text, as UTF-16 offsets; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Characters shown on each side of the caret: a rule's line can be thousands of characters long. */
const EXCERPT_MARGIN = 60;

/** The text of a query, which turns offsets into lines, columns and excerpts. */
export class Source {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The line and column of an offset; an offset past the end is the place just behind the last character. */
  locate(offset: number): Location {
    const { line, start } = this.#lineAt(offset);
    return { line, column: Array.from(this.text.slice(start, offset)).length + 1 };
  }

  /** The line that holds `offset`, cut to what fits a terminal, and below it a caret under the offset. */
  excerpt(offset: number): string {
    const { start, end } = this.#lineAt(offset);
    const before = Array.from(this.text.slice(start, Math.min(offset, end)));
    const after = Array.from(this.text.slice(Math.min(offset, end), end));
    const head = before.length > EXCERPT_MARGIN ? ['…', ...before.slice(-EXCERPT_MARGIN)] : before;
    const tail = after.length > EXCERPT_MARGIN ? [...after.slice(0, EXCERPT_MARGIN), '…'] : after;
    // A tab before the caret must stay a tab below, or the caret shifts.
    const indent = head.map((character) => (character === '\t' ? '\t' : ' ')).join('');
    return `${head.join('')}${tail.join('')}\n${indent}^`;
  }

  #lineAt(offset: number): { line: number; start: number; end: number } {
    const breaks = /\r\n|\r|\n/g;
    let line = 1;
    let start = 0;
    for (let found = breaks.exec(this.text); found !== null; found = breaks.exec(this.text)) {
      if (found.index >= offset) return { line, start, end: found.index };
      line += 1;
      start = breaks.lastIndex;
    }
    return { line, start, end: this.text.length };
  }
}
