import { EqlSyntaxError, EqlVerificationError } from './errors.ts';
import { lex } from './lexer.ts';
import type { Limits } from './limits.ts';
import type { Source, Span } from './source.ts';
import { closest } from './suggest.ts';
import { describeToken, KEYWORDS, type Token } from './tokens.ts';

/** The tokens of a query and the place that the parser has reached; every fault is raised from here. */
export class TokenStream {
  readonly limits: Limits;
  readonly #source: Source;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(source: Source, limits: Limits) {
    if (source.text.length > limits.maxQueryLength) {
      const message = `The query is longer than ${limits.maxQueryLength} characters.`;
      throw new EqlSyntaxError(message, source, limits.maxQueryLength);
    }
    this.#source = source;
    this.limits = limits;
    this.#tokens = lex(source);
  }

  peek(): Token {
    return this.#tokens[this.#at]!;
  }

  /** The token behind the current one; undefined at the end. */
  behind(): Token | undefined {
    return this.#tokens[this.#at + 1];
  }

  /** The current token, and moves on; the end is never passed. */
  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  /** Where the last token that was taken ends. */
  previousEnd(): number {
    return this.#tokens[this.#at - 1]?.span.end ?? 0;
  }

  /** Whether the current token is this keyword or sign. */
  isAt(text: string): boolean {
    return isWord(this.peek(), text);
  }

  accept(text: string): boolean {
    const found = this.isAt(text);
    if (found) this.take();
    return found;
  }

  require(text: string): void {
    if (!this.accept(text)) this.expected(`"${text}"`, this.peek());
  }

  /** Runs `production` one level deeper; hostile text must not reach the end of the stack. */
  nested<T>(production: () => T): T {
    this.#depth += 1;
    if (this.#depth > this.limits.maxDepth)
      this.fail(`The query nests deeper than ${this.limits.maxDepth} levels.`, this.peek());
    const result = production();
    this.#depth -= 1;
    return result;
  }

  /** Refuses what the grammar knows but this dialect, or any, does not run. */
  unsupported(construct: string, token: Token, remedy?: string): never {
    throw new EqlVerificationError(`${construct} is not supported.`, this.#source, token.span.start, remedy);
  }

  /** Refuses what reads as EQL but says nothing that can be run. */
  reject(message: string, { span }: { readonly span: Span }, remedy?: string): never {
    throw new EqlVerificationError(message, this.#source, span.start, remedy);
  }

  expected(what: string, token: Token): never {
    const meant = token.kind === 'identifier' ? closest(token.text, KEYWORDS) : undefined;
    const remedy = meant === undefined ? undefined : `Did you mean "${meant}"? Keywords are lower case.`;
    return this.fail(`Expected ${what}, found ${describeToken(token)}.`, token, remedy);
  }

  fail(message: string, token: Token, remedy?: string): never {
    throw new EqlSyntaxError(message, this.#source, token.span.start, remedy);
  }
}

/** Whether the token is this keyword or sign, and not a string or a name that happens to read so. */
export function isWord(token: Token | undefined, text: string): boolean {
  return token?.text === text && (token.kind === 'keyword' || token.kind === 'punctuation');
}
