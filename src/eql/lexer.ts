import { EqlSyntaxError } from './errors.ts';
import type { Source } from './source.ts';
import { readEscapes } from './strings.ts';
import { KEYWORDS, PUNCTUATION, type Token, type TokenKind } from './tokens.ts';

const IDENTIFIER = /[A-Za-z_@][A-Za-z0-9_]*/y;
const NUMBER = /(?:[0-9]+(\.[0-9]*)?|(\.[0-9]+))([eE][+-]?[0-9]+)?/y;
const BLANKS = /[ \t\r\n]+/y;

/** The words of a query, the last one being its end. Throws EqlSyntaxError. */
export function lex(source: Source): Token[] {
  return new Lexer(source).run();
}

class Lexer {
  readonly #source: Source;
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#text = source.text;
  }

  run(): Token[] {
    for (this.#skip(); this.#at < this.#text.length; this.#skip()) this.#next();
    this.#emit('end', this.#at, '');
    return this.#tokens;
  }

  #next(): void {
    const first = this.#text[this.#at]!;
    if (this.#text.startsWith('"""', this.#at)) this.#rawString();
    else if (first === '"') this.#string();
    else if (first === '`') this.#quotedIdentifier();
    else if (!this.#number() && !this.#word() && !this.#variable() && !this.#punctuation())
      this.#refuse(first);
  }

  #emit(kind: TokenKind, end: number, value?: string): void {
    const text = this.#text.slice(this.#at, end);
    this.#tokens.push({ kind, span: { start: this.#at, end }, text, value: value ?? text });
    this.#at = end;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text);
  }

  /** Blanks and comments: those to the end of the line, and those between marks, which nest. */
  #skip(): void {
    for (;;) {
      const blanks = this.#match(BLANKS);
      if (blanks !== null) this.#at += blanks[0].length;
      else if (this.#text.startsWith('//', this.#at)) this.#lineComment();
      else if (this.#text.startsWith('/*', this.#at)) this.#blockComment();
      else return;
    }
  }

  #lineComment(): void {
    const rest = /[\r\n]/g;
    rest.lastIndex = this.#at;
    this.#at = rest.exec(this.#text)?.index ?? this.#text.length;
  }

  #blockComment(): void {
    const marks = /\/\*|\*\//g;
    marks.lastIndex = this.#at;
    let depth = 0;
    for (let mark = marks.exec(this.#text); mark !== null; mark = marks.exec(this.#text)) {
      depth += mark[0] === '/*' ? 1 : -1;
      if (depth === 0) {
        this.#at = marks.lastIndex;
        return;
      }
    }
    throw new EqlSyntaxError(
      'Expected "*/" to end this comment, found the end of the query.',
      this.#source,
      this.#at,
    );
  }

  #number(): boolean {
    const found = this.#match(NUMBER);
    if (found === null) return false;
    const whole = found[1] === undefined && found[2] === undefined && found[3] === undefined;
    this.#emit(whole ? 'integer' : 'decimal', this.#at + found[0].length);
    return true;
  }

  #word(): boolean {
    const found = this.#match(IDENTIFIER);
    if (found === null) return false;
    const name = found[0];
    const end = this.#at + name.length;
    const insensitive = this.#text[end] === '~';
    if (insensitive && KEYWORDS.has(`${name}~`)) this.#emit('keyword', end + 1);
    else if (insensitive) this.#emit('insensitive identifier', end + 1, name);
    else this.#emit(KEYWORDS.has(name) ? 'keyword' : 'identifier', end);
    return true;
  }

  #variable(): boolean {
    const found = this.#match(/\$[A-Za-z_][A-Za-z0-9_]*/y);
    if (found !== null) this.#emit('variable', this.#at + found[0].length);
    return found !== null;
  }

  #quotedIdentifier(): void {
    const found = this.#match(/`((?:[^`\r\n]|``)*)`/y);
    if (found === null) this.#fail('Expected a backtick to end this name, found the end of the line.');
    const name = found[1]!.replaceAll('``', '`');
    if (name === '') this.#fail('Expected a name between the backticks, found nothing.');
    this.#emit('quoted identifier', this.#at + found[0].length, name);
  }

  /** `"…"` on one line; a backslash starts an escape. */
  #string(): void {
    const found = this.#match(/"[^"\\\r\n]*(?:\\[^\r\n][^"\\\r\n]*)*"/y);
    if (found === null) this.#fail('Expected a double quote to end this string, found the end of the line.');
    const value = readEscapes(this.#source, { start: this.#at + 1, end: this.#at + found[0].length - 1 });
    this.#emit('string', this.#at + found[0].length, value);
  }

  /** `"""…"""` without escapes, over lines; up to two quotes more at its end belong to the content. */
  #rawString(): void {
    const close = this.#text.indexOf('"""', this.#at + 3);
    if (close < 0) this.#fail('Expected """ to end this raw string, found the end of the query.');
    let end = close + 3;
    while (end < close + 5 && this.#text[end] === '"') end += 1;
    this.#emit('string', end, this.#text.slice(this.#at + 3, end - 3));
  }

  #punctuation(): boolean {
    const sign = PUNCTUATION.find((candidate) => this.#text.startsWith(candidate, this.#at));
    if (sign === undefined) return false;
    const behind = this.#text[this.#at + 1];
    if (sign === '?' && (behind === '"' || behind === "'"))
      this.#fail(`Strings that start with ?${behind} are not supported.`, 'Use """…""" for a raw string.');
    this.#emit('punctuation', this.#at + sign.length);
    return true;
  }

  #refuse(first: string): never {
    if (first === "'") this.#fail('Strings stand between double quotes, not single quotes.', 'Write "…".');
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at)!);
    return this.#fail(`Unexpected character ${JSON.stringify(character)}.`);
  }

  #fail(message: string, remedy?: string): never {
    throw new EqlSyntaxError(message, this.#source, this.#at, remedy);
  }
}
