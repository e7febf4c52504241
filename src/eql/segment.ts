import { foldUnit } from './casing.ts';

/** The sign for exactly one character, as a code point. */
export const ANY_CHARACTER = 0x3f;

/** The part of a wildcard pattern between two stars, held at a place: literal characters and `?`. */
export class Segment {
  readonly #text: string;
  readonly #insensitive: boolean;
  readonly #codes: readonly number[];
  /** Without `?` and case to ignore the runtime compares faster. */
  readonly #literal: boolean;

  /** `text` has its ASCII letters made small when `insensitive`. */
  constructor(text: string, insensitive: boolean) {
    this.#text = text;
    this.#insensitive = insensitive;
    this.#literal = isLiteral(text, insensitive);
    this.#codes = codePoints(text);
  }

  /** The end of the segment where it stands at `start`, or -1. */
  endAt(text: string, start: number): number {
    if (this.#literal) return text.startsWith(this.#text, start) ? start + this.#text.length : -1;
    let at = start;
    for (const code of this.#codes) {
      if (at >= text.length) return -1;
      const found = text.codePointAt(at)!;
      if (!this.#fits(found, code)) return -1;
      at += found > 0xffff ? 2 : 1;
    }
    return at;
  }

  /** The start of the segment where it ends at `end`, or -1. */
  startBefore(text: string, end: number): number {
    if (this.#literal) return text.endsWith(this.#text, end) ? end - this.#text.length : -1;
    let at = end;
    for (let index = this.#codes.length - 1; index >= 0; index -= 1) {
      if (at <= 0) return -1;
      at -= isPairAt(text, at - 2) ? 2 : 1;
      if (!this.#fits(text.codePointAt(at)!, this.#codes[index]!)) return -1;
    }
    return at;
  }

  #fits(found: number, code: number): boolean {
    return code === ANY_CHARACTER || (this.#insensitive ? foldUnit(found) : found) === code;
  }
}

export function isLiteral(segment: string, insensitive: boolean): boolean {
  return !insensitive && !segment.includes('?');
}

export function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}

/** Whether a character of two UTF-16 units starts at `at`. */
function isPairAt(text: string, at: number): boolean {
  return at >= 0 && text.codePointAt(at)! > 0xffff;
}
