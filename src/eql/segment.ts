import { foldUnit } from './casing.ts';

/** Positions that one machine word of the search automaton holds: bitwise operators give 32 bits. */
const WORD_BITS = 32;
const ASCII = 128;
const ANY_CHARACTER = 0x3f;

/**
 * The part of a wildcard pattern between two stars: literal characters and `?`.
 *
 * The search is Shift-And (Baeza-Yates and Gonnet, "A new approach to text searching", CACM 1992): bit i of
 * the state says that the last i+1 characters fit the first i+1 of the segment. It is the segment's
 * non-deterministic automaton, a word at a time, so a text costs the same whatever the segment repeats.
 */
export class Segment {
  readonly #text: string;
  readonly #insensitive: boolean;
  readonly #codes: readonly number[];
  readonly #words: number;
  /** For a literal, case-sensitive segment the runtime's own search does the same and faster. */
  readonly #literal: boolean;
  /** Word w of the mask of character c is at `c * words + w`. */
  readonly #asciiMasks: Int32Array;
  readonly #otherMasks: ReadonlyMap<number, Int32Array>;
  /** The mask of a character that the segment does not hold: its `?` positions. */
  readonly #anyMask: Int32Array;

  /** `text` has its ASCII letters made small when `insensitive`. */
  constructor(text: string, insensitive: boolean) {
    this.#text = text;
    this.#insensitive = insensitive;
    this.#literal = !insensitive && !text.includes('?');
    this.#codes = Array.from(text, (character) => character.codePointAt(0)!);
    this.#words = Math.ceil(this.#codes.length / WORD_BITS);
    this.#anyMask = this.#maskOf(ANY_CHARACTER, false);
    this.#asciiMasks = new Int32Array(ASCII * this.#words);
    for (let code = 0; code < ASCII; code += 1)
      this.#asciiMasks.set(this.#maskOf(insensitive ? foldUnit(code) : code, true), code * this.#words);
    const others = new Set(this.#codes.filter((code) => code >= ASCII));
    this.#otherMasks = new Map([...others].map((code) => [code, this.#maskOf(code, true)]));
  }

  #maskOf(character: number, withAny: boolean): Int32Array {
    const mask = new Int32Array(this.#words);
    this.#codes.forEach((code, at) => {
      const fits = code === character || (withAny && code === ANY_CHARACTER);
      if (fits) mask[Math.floor(at / WORD_BITS)]! |= 1 << (at % WORD_BITS);
    });
    return mask;
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

  /** The end of the segment's first occurrence that starts at `from` or later, or -1. */
  find(text: string, from: number): number {
    if (this.#literal) {
      const start = text.indexOf(this.#text, from);
      return start < 0 ? -1 : start + this.#text.length;
    }
    return this.#words === 1 ? this.#findShort(text, from) : this.#findLong(text, from);
  }

  /** Shift-And with the state in one word. */
  #findShort(text: string, from: number): number {
    const ascii = this.#asciiMasks;
    const accept = 1 << (this.#codes.length - 1);
    let state = 0;
    for (let at = from; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      let mask: number;
      if (unit < ASCII) mask = ascii[unit]!;
      else {
        const code = text.codePointAt(at)!;
        if (code > 0xffff) at += 1;
        mask = (this.#otherMasks.get(code) ?? this.#anyMask)[0]!;
      }
      state = ((state << 1) | 1) & mask;
      if ((state & accept) !== 0) return at + 1;
    }
    return -1;
  }

  /** Shift-And with the state in several words: the top bit of one is carried into the next. */
  #findLong(text: string, from: number): number {
    const words = this.#words;
    const state = new Int32Array(words);
    const accept = 1 << ((this.#codes.length - 1) % WORD_BITS);
    for (let at = from; at < text.length; at += 1) {
      const code = text.codePointAt(at)!;
      if (code > 0xffff) at += 1;
      const masks = code < ASCII ? this.#asciiMasks : (this.#otherMasks.get(code) ?? this.#anyMask);
      const base = code < ASCII ? code * words : 0;
      let carry = 1;
      for (let word = 0; word < words; word += 1) {
        const previous = state[word]!;
        state[word] = ((previous << 1) | carry) & masks[base + word]!;
        carry = previous >>> (WORD_BITS - 1);
      }
      if ((state[words - 1]! & accept) !== 0) return at + 1;
    }
    return -1;
  }
}

/** Whether a character of two UTF-16 units starts at `at`. */
function isPairAt(text: string, at: number): boolean {
  return at >= 0 && text.codePointAt(at)! > 0xffff;
}
