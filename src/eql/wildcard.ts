import { equalsFolded, foldAscii } from './casing.ts';
import { Segment } from './segment.ts';
import { compileSearch, WORD_BITS } from './segmentSearch.ts';
import { LONG_TEXT, type Work } from './work.ts';

/** A test of one text. */
export type TextTest = (text: string) => boolean;

/**
 * The matcher of a wildcard pattern over a whole text: `*` is any run of characters, also an empty one and
 * one with line breaks; `?` is exactly one character (one Unicode code point); there is no escape, and a
 * backslash stands for itself. The stars cut the pattern into segments, which are sought from left to right,
 * each in one pass: linear in the text, with one step for every 32 characters of the segment. `insensitive` ignores the case of ASCII letters.
 */
export function compileWildcard(pattern: string, insensitive: boolean): TextTest {
  const folded = insensitive ? foldAscii(pattern) : pattern;
  if (!/[*?]/.test(folded))
    return insensitive ? (text) => equalsFolded(text, folded) : (text) => text === folded;
  const parts = folded.split('*');
  const first = new Segment(parts[0]!, insensitive);
  if (parts.length === 1) return (text) => first.endAt(text, 0) === text.length;
  const last = new Segment(parts.at(-1)!, insensitive);
  const middle = parts.slice(1, -1).filter((part) => part !== '');
  const searches = middle.map((part) => compileSearch(part, insensitive));
  return (text) => {
    let at = first.endAt(text, 0);
    for (let index = 0; at >= 0 && index < searches.length; index += 1) at = searches[index]!(text, at);
    return at >= 0 && last.startBefore(text, text.length) >= at;
  };
}

/**
 * Steps of one search in slices, which cannot be interrupted: 1 MiB of text for a part of a pattern of 512
 * characters, some 30 ms. The longest part in public rules has some hundred.
 */
const MAX_SEARCH_STEPS = 16 * 1_048_576;

/** The test of a pattern, a slow part of an evaluation where it takes many steps. */
function inSlices(test: TextTest, pattern: string, work: Work | undefined): TextTest {
  if (work === undefined) return test;
  const longest = pattern.split('*').reduce((most, part) => Math.max(most, part.length), 0);
  const words = Math.max(1, Math.ceil(longest / WORD_BITS));
  return (text) => {
    const steps = text.length * words;
    if (steps < LONG_TEXT) return test(text);
    const reason = `a part of a pattern of ${longest} characters is too long for a value of ${text.length}`;
    return work.once(text.length, () => test(text), steps > MAX_SEARCH_STEPS ? reason : undefined);
  };
}

/** A test that holds where one of the patterns does. */
export function compileWildcards(patterns: readonly string[], insensitive: boolean, work?: Work): TextTest {
  const tests = patterns.map((pattern) => inSlices(compileWildcard(pattern, insensitive), pattern, work));
  const [only] = tests;
  if (tests.length === 1 && only !== undefined) return only;
  return (text) => {
    for (const test of tests) if (test(text)) return true;
    return false;
  };
}
