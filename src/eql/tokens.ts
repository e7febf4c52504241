import type { Span } from './source.ts';

/** Reserved words; lower case only, as in Elasticsearch's grammar. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  'and',
  'any',
  'by',
  'false',
  'in',
  'in~',
  'join',
  'like',
  'like~',
  'maxspan',
  'not',
  'null',
  'of',
  'or',
  'regex',
  'regex~',
  'sample',
  'sequence',
  'true',
  'until',
  'where',
  'with',
]);

export type TokenKind =
  | 'keyword'
  | 'identifier'
  /** Between backticks; `value` is the name without them. */
  | 'quoted identifier'
  /** A name directly followed by `~`, which only a function's can be; `value` is the name without it. */
  | 'insensitive identifier'
  /** `$name`, the `$` being a part of it. */
  | 'variable'
  | 'string'
  | 'integer'
  | 'decimal'
  | 'punctuation'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly span: Span;
  /** The text as written; empty for the end. */
  readonly text: string;
  /** What the text stands for: a name, the content of a string; else the text itself. */
  readonly value: string;
}

/** Longest first, so that a prefix never wins. */
export const PUNCTUATION: readonly string[] = [
  '==',
  '!=',
  '<=',
  '>=',
  '<',
  '>',
  '=',
  '!',
  '+',
  '-',
  '*',
  '/',
  '%',
  ':',
  '.',
  ',',
  '?',
  '|',
  '(',
  ')',
  '[',
  ']',
];

const SHOWN_LENGTH = 40;

/** How a message names a token that was found in the wrong place. */
export function describeToken(token: Token): string {
  if (token.kind === 'end') return 'the end of the query';
  const shown = token.text.length > SHOWN_LENGTH ? `${token.text.slice(0, SHOWN_LENGTH)}…` : token.text;
  return token.kind === 'string' ? shown : `"${shown}"`;
}
