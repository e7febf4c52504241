import { RE2JS, RE2JSException } from 're2js';
import { type RegexFlavour, RegexSyntaxError, type TranslatedRegex, translateRegex } from './regexSyntax.ts';
import type { Pattern } from './tree.ts';
import type { TextTest } from './wildcard.ts';

/** The result of a function is matched by a script in Elasticsearch, and scripts use Java's patterns. */
export function flavourOf({ operand }: Pattern): RegexFlavour {
  return operand.kind === 'field' ? 'lucene' : 'java';
}

/** A test for texts that one of the patterns spans from end to end. Throws RegexSyntaxError. */
export function compileRegex(
  patterns: readonly string[],
  flavour: RegexFlavour,
  insensitive: boolean,
): TextTest {
  const translated = patterns.map((pattern) => translateRegex(pattern, flavour, insensitive));
  const [program, ...others] = programs(translated).map(compileProgram);
  if (program === undefined) return () => false;
  if (others.length === 0) return (text) => program.testExact(text);
  return (text) => program.testExact(text) || others.some((other) => other.testExact(text));
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
function programs(patterns: readonly TranslatedRegex[]): string[] {
  const joined: string[] = [];
  for (const { re2 } of patterns) {
    const last = joined.at(-1);
    const longer = `${last}|(?:${re2})`;
    if (last === undefined || longer.length > MAX_PROGRAM) joined.push(`(?:${re2})`);
    else joined[joined.length - 1] = longer;
  }
  return joined;
}
