import { ExpressionParser } from './expressionParser.ts';
import type { Limits } from './limits.ts';
import type { Source } from './source.ts';
import { isWord, TokenStream } from './tokenStream.ts';
import type { EventQuery, Statement } from './tree.ts';

/** Text to tree. Throws EqlSyntaxError, and EqlVerificationError for what the grammar knows but cannot run. */
export function parseStatement(source: Source, limits: Limits): Statement {
  return new StatementParser(new TokenStream(source, limits)).statement();
}

/** Recursive descent: a method for each production of the grammar, which stands above it. */
class StatementParser {
  readonly #tokens: TokenStream;
  readonly #expressions: ExpressionParser;

  constructor(tokens: TokenStream) {
    this.#tokens = tokens;
    this.#expressions = new ExpressionParser(tokens);
  }

  /** statement : eventQuery END */
  statement(): Statement {
    const first = this.#tokens.peek();
    for (const word of ['sequence', 'sample', 'join'])
      if (isWord(first, word)) this.#tokens.unsupported(`A "${word}" query`, first);
    const query = this.#eventQuery();
    const rest = this.#tokens.peek();
    if (isWord(rest, '|')) this.#tokens.unsupported('A pipe', rest);
    if (rest.kind !== 'end') this.#tokens.expected('"and", "or" or the end of the query', rest);
    return query;
  }

  /** eventQuery : ('any' | IDENTIFIER | STRING) 'where' expression */
  #eventQuery(): EventQuery {
    const token = this.#tokens.take();
    const any = isWord(token, 'any');
    if (!any && token.kind !== 'identifier' && token.kind !== 'string')
      this.#tokens.expected('an event category (a name, a string or "any")', token);
    this.#tokens.require('where');
    const condition = this.#expressions.expression();
    const span = { start: token.span.start, end: condition.span.end };
    return { kind: 'event', category: any ? null : token.value, condition, span };
  }
}
