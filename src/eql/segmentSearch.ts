import { ANY_CHARACTER, codePoints, isLiteral } from './segment.ts';

/** The end of a segment's first occurrence that starts at `from` or later, or -1. */
export type Search = (text: string, from: number) => number;

/** Positions that one machine word of the automaton holds: bitwise operators give 32 bits. */
export const WORD_BITS = 32;
const ASCII = 128;

/**
 * The search for a part of a wildcard pattern between two stars, anywhere in a text. `segment` has its ASCII
 * letters made small when `insensitive`, and is not empty.
 *
 * It is Shift-And (Baeza-Yates and Gonnet, "A new approach to text searching", CACM 1992): bit i of the state
 * says that the last i+1 characters fit the first i+1 of the segment. It is the segment's non-deterministic
 * automaton, a word at a time, so a text costs the same whatever the segment repeats.
 */
export function compileSearch(segment: string, insensitive: boolean): Search {
  if (isLiteral(segment, insensitive)) {
    return (text, from) => {
      const start = text.indexOf(segment, from);
      return start < 0 ? -1 : start + segment.length;
    };
  }
  const masks = new Masks(codePoints(segment), insensitive);
  return masks.words === 1 ? searchWord(masks) : searchWords(masks);
}

/** For each character the positions of the segment that it fits, as bits; several words of them for a long one. */
class Masks {
  readonly words: number;
  /** The bit of the last position, in the last word. */
  readonly accept: number;
  /** Word w of the mask of character c is at `c * words + w`. */
  readonly ascii: Int32Array;
  /** The mask of a character that the segment does not hold: its `?` positions. */
  readonly any: Int32Array;
  readonly #others = new Map<number, Int32Array>();

  constructor(codes: readonly number[], insensitive: boolean) {
    this.words = Math.ceil(codes.length / WORD_BITS);
    this.accept = 1 << ((codes.length - 1) % WORD_BITS);
    this.any = new Int32Array(this.words);
    for (const [at, code] of codes.entries()) if (code === ANY_CHARACTER) setBit(this.any, 0, at);
    this.ascii = new Int32Array(ASCII * this.words);
    for (let base = 0; base < this.ascii.length; base += this.words) this.ascii.set(this.any, base);
    for (const [at, code] of codes.entries()) {
      if (code >= ASCII) setBit(this.#otherOrNew(code), 0, at);
      else setBit(this.ascii, code * this.words, at);
      const isSmallLetter = code >= 97 && code <= 122;
      if (insensitive && isSmallLetter) setBit(this.ascii, (code - 32) * this.words, at);
    }
  }

  #otherOrNew(code: number): Int32Array {
    const known = this.#others.get(code) ?? this.any.slice();
    this.#others.set(code, known);
    return known;
  }

  /** The mask of a character beyond ASCII. */
  other(code: number): Int32Array {
    return this.#others.get(code) ?? this.any;
  }
}

function setBit(masks: Int32Array, base: number, at: number): void {
  masks[base + Math.floor(at / WORD_BITS)]! |= 1 << (at % WORD_BITS);
}

/** Shift-And with the state in one word. */
function searchWord(masks: Masks): Search {
  const { ascii, accept } = masks;
  return (text, from) => {
    let state = 0;
    for (let at = from; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      let mask: number;
      if (unit < ASCII) mask = ascii[unit]!;
      else {
        const code = text.codePointAt(at)!;
        if (code > 0xffff) at += 1;
        mask = masks.other(code)[0]!;
      }
      state = ((state << 1) | 1) & mask;
      if ((state & accept) !== 0) return at + 1;
    }
    return -1;
  };
}

/** Shift-And with the state in several words: the top bit of one is carried into the next. */
function searchWords(masks: Masks): Search {
  const { ascii, accept, words } = masks;
  return (text, from) => {
    const state = new Int32Array(words);
    for (let at = from; at < text.length; at += 1) {
      const code = text.codePointAt(at)!;
      if (code > 0xffff) at += 1;
      const mask = code < ASCII ? ascii : masks.other(code);
      const base = code < ASCII ? code * words : 0;
      let carry = 1;
      for (let word = 0; word < words; word += 1) {
        const previous = state[word]!;
        state[word] = ((previous << 1) | carry) & mask[base + word]!;
        carry = previous >>> (WORD_BITS - 1);
      }
      if ((state[words - 1]! & accept) !== 0) return at + 1;
    }
    return -1;
  };
}
