import { RE2JS, RE2JSException } from 're2js';
import { type RegexFlavour, RegexSyntaxError, type TranslatedRegex, translateRegex } from './regexSyntax.ts';
import { compileSearch, WORD_BITS } from './segmentSearch.ts';
import type { Pattern } from './tree.ts';
import type { TextTest } from './wildcard.ts';
import { LONG_TEXT, type Work } from './work.ts';

/** The result of a function is matched by a script in Elasticsearch, and scripts use Java's patterns. */
export function flavourOf({ operand }: Pattern): RegexFlavour {
  return operand.kind === 'field' ? 'lucene' : 'java';
}

/** A test for texts that one of the patterns spans from end to end. Throws RegexSyntaxError. */
export function compileRegex(
  patterns: readonly string[],
  flavour: RegexFlavour,
  insensitive: boolean,
  work?: Work,
): TextTest {
  const translated = patterns.map((pattern) => translateRegex(pattern, flavour, insensitive));
  const [first, ...others] = programs(translated).map((program) =>
    testOf(compileProgram(program.re2), program.size, work),
  );
  const mayMatch = work === undefined ? undefined : literalTest(translated, insensitive);
  const test = anyTest(first, others);
  if (test === undefined || mayMatch === undefined) return test ?? (() => false);
  return (text) => (text.length < LONG_TEXT || mayMatch(text)) && test(text);
}

function anyTest(first: TextTest | undefined, others: readonly TextTest[]): TextTest | undefined {
  if (others.length === 0) return first;
  return first && ((text) => first(text) || others.some((other) => other(text)));
}

/** Searching for the texts that matches hold is far cheaper than matching; undefined where some hold none. */
function literalTest(patterns: readonly TranslatedRegex[], insensitive: boolean): TextTest | undefined {
  const literals = patterns.map((pattern) => searchable(pattern.literal));
  if (literals.includes('')) return undefined;
  const searches = literals.map((literal) => compileSearch(literal, insensitive));
  return (text) => searches.some((search) => search(text, 0) >= 0);
}

/** The longest piece without the sign that a search takes for any character, as far as one word of a search holds. */
function searchable(literal: string): string {
  const longest = literal.split('?').reduce((a, b) => (b.length > a.length ? b : a));
  // Half of a surrogate pair is no character of a text.
  return longest.slice(0, WORD_BITS).replace(/[\ud800-\udbff]$/, '');
}

/** A text that every match of one of the patterns holds, for each of them; '' where none is known. */
export function literalsOfRegex(
  patterns: readonly string[],
  flavour: RegexFlavour,
  insensitive: boolean,
): string[] {
  return patterns.map((pattern) => translateRegex(pattern, flavour, insensitive).literal);
}

/**
 * Characters of text times instructions of a program up to which one match is made in slices: RE2 cannot be
 * interrupted, and where its automaton outgrows its cache it takes up to 30 ns for each such pair (measured
 * on Node 20: 32 Ki characters against `.*a.{120}` take 0.13 s, 1 Mi against `.*a.{16}` 0.09 s).
 */
const MAX_MATCH_WORK = 1_048_576;
/** A program this small has an automaton that fits the cache: some 20 ns a character whatever the text. */
const SMALL_PROGRAM = 12;

function testOf(program: RE2JS, size: number, work: Work | undefined): TextTest {
  const test: TextTest = (text) => program.testExact(text);
  if (work === undefined) return test;
  return (text) => {
    if (text.length < LONG_TEXT) return test(text);
    const isTooDear = size > SMALL_PROGRAM && size * text.length > MAX_MATCH_WORK;
    const reason = `a regular expression is too large for a value of ${text.length} characters`;
    return work.once(text.length, () => test(text), isTooDear ? reason : undefined);
  };
}

function compileProgram(re2: string): RE2JS {
  try {
    return RE2JS.compile(re2);
  } catch (error) {
    // What RE2 bounds and the translation does not: counts inside counts.
    if (error instanceof RE2JSException) throw new RegexSyntaxError(`${error.message}.`, 0);
    throw error;
  }
}

/** Characters of RE2 text in one program: one automaton for many patterns is faster, but can grow too large. */
const MAX_PROGRAM = 10_000;

/** The patterns, put together as alternatives up to MAX_PROGRAM. */
function programs(patterns: readonly TranslatedRegex[]): { re2: string; size: number }[] {
  const joined: { re2: string; size: number }[] = [];
  for (const { re2, size } of patterns) {
    const last = joined.at(-1);
    const longer = `${last?.re2}|(?:${re2})`;
    if (last === undefined || longer.length > MAX_PROGRAM) joined.push({ re2: `(?:${re2})`, size });
    else joined[joined.length - 1] = { re2: longer, size: last.size + size };
  }
  return joined;
}
