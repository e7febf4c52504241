import { foldUnit } from './casing.ts';

/**
 * Whose regular expressions are read: on a field Lucene's, on the result of a function Java's, as in
 * Elasticsearch, where the first is answered by the search index and the second by a script.
 */
export type RegexFlavour = 'lucene' | 'java';

const CLASSES: Readonly<Record<RegexFlavour, Readonly<Record<string, string>>>> = {
  lucene: { d: '0-9', w: 'a-zA-Z0-9_', s: ' \\t\\n\\r' },
  java: { d: '0-9', w: 'a-zA-Z0-9_', s: ' \\t\\n\\x{B}\\f\\r' },
};

/** What the letter of \d, \w, \s, \D, \W or \S stands for, as the items of a class. */
export function predefinedItems(letter: string, flavour: RegexFlavour): string {
  const small = letter.toLowerCase();
  return letter === small ? CLASSES[flavour][small]! : complementOf(letter, flavour);
}

/** The other cases of the ASCII letters in a range: Java's CASE_INSENSITIVE folds ranges, Lucene does not. */
export function foldedRange(first: string, last: string): string {
  const [from, to] = [first.codePointAt(0)!, last.codePointAt(0)!];
  const shifted = (low: number, high: number, by: number) => {
    const [start, end] = [Math.max(from, low), Math.min(to, high)];
    return start > end ? '' : `${codeOfPoint(start + by)}-${codeOfPoint(end + by)}`;
  };
  return shifted(65, 90, 32) + shifted(97, 122, -32);
}

/** A character as RE2 reads it anywhere, in a class too. */
export function codeOf(character: string): string {
  return codeOfPoint(character.codePointAt(0)!);
}

function codeOfPoint(code: number): string {
  const isAlphanumeric = foldUnit(code) >= 97 && foldUnit(code) <= 122;
  return isAlphanumeric ? String.fromCharCode(code) : `\\x{${code.toString(16)}}`;
}

/** The characters that a predefined class leaves out, as ranges: RE2 has no negation inside a class. */
function complementOf(letter: string, flavour: RegexFlavour): string {
  switch (letter) {
    case 'D':
      return '\\x{0}-\\x{2f}\\x{3a}-\\x{10FFFF}';
    case 'W':
      return '\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{10FFFF}';
    default:
      return flavour === 'lucene'
        ? '\\x{0}-\\x{8}\\x{b}\\x{c}\\x{e}-\\x{1f}\\x{21}-\\x{10FFFF}'
        : '\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{10FFFF}';
  }
}
