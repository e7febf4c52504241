import { EqlSyntaxError, EqlVerificationError } from './errors.ts';
import { lex } from './lexer.ts';
import type { Limits } from './limits.ts';
import { negated, readDecimal, readInteger } from './numbers.ts';
import type { Source } from './source.ts';
import { closest } from './suggest.ts';
import { describeToken, KEYWORDS, type Token } from './tokens.ts';
import type {
  ArithmeticOperator,
  ComparisonOperator,
  EventQuery,
  Expression,
  FieldReference,
  Literal,
  Membership,
  Pattern,
  Statement,
} from './tree.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const PATTERNS: ReadonlySet<string> = new Set([':', 'like', 'like~', 'regex', 'regex~']);

/** Text to tree. Throws EqlSyntaxError, and EqlVerificationError for what the grammar knows but cannot run. */
export function parseStatement(source: Source, limits: Limits): Statement {
  if (source.text.length > limits.maxQueryLength) {
    const message = `The query is longer than ${limits.maxQueryLength} characters.`;
    throw new EqlSyntaxError(message, source, limits.maxQueryLength);
  }
  return new Parser(source, limits).statement();
}

/** Recursive descent: a method for each production of the grammar, which stands above it. */
class Parser {
  readonly #source: Source;
  readonly #limits: Limits;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #arithmetic = 0;

  constructor(source: Source, limits: Limits) {
    this.#source = source;
    this.#limits = limits;
    this.#tokens = lex(source);
  }

  /** statement : eventQuery END */
  statement(): Statement {
    const first = this.#peek();
    if (first.kind === 'keyword' && ['sequence', 'sample', 'join'].includes(first.text))
      this.#unsupported(`A "${first.text}" query`, first);
    const query = this.#eventQuery();
    const rest = this.#peek();
    if (rest.text === '|') this.#unsupported('A pipe', rest);
    if (rest.kind !== 'end') this.#expected('"and", "or" or the end of the query', rest);
    return query;
  }

  /** eventQuery : ('any' | IDENTIFIER | STRING) 'where' expression */
  #eventQuery(): EventQuery {
    const token = this.#take();
    const any = token.kind === 'keyword' && token.text === 'any';
    if (!any && token.kind !== 'identifier' && token.kind !== 'string')
      this.#expected('an event category (a name, a string or "any")', token);
    this.#require('where');
    const condition = this.#expression();
    const span = { start: token.span.start, end: condition.span.end };
    return { kind: 'event', category: any ? null : token.value, condition, span };
  }

  /** expression : conjunction ('or' conjunction)* */
  #expression(): Expression {
    return this.#nested(() => this.#logical('or', () => this.#logical('and', () => this.#negation())));
  }

  /** conjunction : negation ('and' negation)* */
  #logical(kind: 'and' | 'or', operand: () => Expression): Expression {
    const first = operand();
    if (!this.#isAt(kind)) return first;
    const operands = [first];
    while (this.#accept(kind)) operands.push(operand());
    return { kind, operands, span: { start: first.span.start, end: operands.at(-1)!.span.end } };
  }

  /** negation : 'not' negation | comparison */
  #negation(): Expression {
    const { span } = this.#peek();
    if (!this.#accept('not')) return this.#comparison();
    const operand = this.#nested(() => this.#negation());
    return { kind: 'not', operand, span: { start: span.start, end: operand.span.end } };
  }

  /** comparison : sum (('==' | '!=' | '<' | '<=' | '>' | '>=') sum)? */
  #comparison(): Expression {
    const left = this.#sum();
    const sign = this.#peek();
    if (sign.text === '=' && sign.kind === 'punctuation') this.#expected('"=="', sign);
    if (!COMPARISONS.has(sign.text) || sign.kind !== 'punctuation') return left;
    this.#take();
    const right = this.#sum();
    const next = this.#peek();
    if (COMPARISONS.has(next.text) && next.kind === 'punctuation')
      this.#fail(`Comparisons cannot be chained: expected "and", found "${next.text}".`, next);
    const span = { start: left.span.start, end: right.span.end };
    return { kind: 'comparison', operator: sign.text as ComparisonOperator, left, right, span };
  }

  /** sum : product (('+' | '-') product)* */
  #sum(): Expression {
    return this.#arithmeticOf(['+', '-'], () => this.#arithmeticOf(['*', '/', '%'], () => this.#signed()));
  }

  /** product : signed (('*' | '/' | '%') signed)* */
  #arithmeticOf(operators: readonly ArithmeticOperator[], operand: () => Expression): Expression {
    let left = operand();
    for (;;) {
      const operator = operators.find((candidate) => this.#isAt(candidate));
      if (operator === undefined) return left;
      const token = this.#take();
      this.#arithmetic += 1;
      if (this.#arithmetic > this.#limits.maxArithmetic)
        this.#fail(`The query has more than ${this.#limits.maxArithmetic} arithmetic operators.`, token);
      const right = operand();
      const span = { start: left.span.start, end: right.span.end };
      left = { kind: 'arithmetic', operator, left, right, span };
    }
  }

  /** signed : ('+' | '-') signed | predicate */
  #signed(): Expression {
    const sign = this.#peek();
    if (this.#accept('+')) return this.#nested(() => this.#signed());
    if (!this.#accept('-')) return this.#predicate();
    const operand = this.#nested(() => this.#signed());
    const span = { start: sign.span.start, end: operand.span.end };
    if (operand.kind === 'literal' && (operand.type === 'integer' || operand.type === 'decimal'))
      return { kind: 'literal', ...negated(operand), span };
    return { kind: 'negate', operand, span };
  }

  /** predicate : primary ('not'? ('in' | 'in~') list | (':' | 'like' | …) (literal | list))? */
  #predicate(): Expression {
    const operand = this.#primary();
    const token = this.#peek();
    if (token.kind === 'string' || token.kind === 'quoted identifier') return operand;
    if (token.text === 'in' || token.text === 'in~') return this.#membership(operand, false);
    if (token.text === 'not') {
      this.#take();
      return this.#membership(operand, true);
    }
    return PATTERNS.has(token.text) ? this.#pattern(operand) : operand;
  }

  #membership(operand: Expression, isNegated: boolean): Membership {
    const token = this.#take();
    if (token.text !== 'in' && token.text !== 'in~') this.#expected('"in" or "in~" behind "not"', token);
    this.#require('(');
    const values = this.#list(() => this.#expression());
    const span = { start: operand.span.start, end: this.#previousEnd() };
    return { kind: 'in', operand, negated: isNegated, insensitive: token.text === 'in~', values, span };
  }

  #pattern(operand: Expression): Pattern {
    const operator = this.#take().text as Pattern['operator'];
    const patterns = this.#accept('(') ? this.#list(() => this.#literal()) : [this.#literal()];
    const span = { start: operand.span.start, end: this.#previousEnd() };
    return { kind: 'pattern', operator, operand, patterns, span };
  }

  /** list : '(' item (',' item)* ')', the opening parenthesis being taken */
  #list<T>(item: () => T): T[] {
    if (this.#isAt(')')) this.#expected('a value: a list cannot be empty', this.#peek());
    const items = [item()];
    while (this.#accept(',')) items.push(item());
    if (!this.#accept(')')) this.#expected('"," or ")"', this.#peek());
    return items;
  }

  /** primary : literal | name '~'? '(' … ')' | '?'? name ('.' name)* | '(' expression ')' */
  #primary(): Expression {
    const token = this.#peek();
    if (this.#accept('(')) {
      const inner = this.#expression();
      if (!this.#accept(')')) this.#expected('")"', this.#peek());
      return inner;
    }
    const behind = this.#tokens[this.#at + 1];
    if (token.kind === 'insensitive identifier') return this.#call();
    if (token.kind === 'identifier' && behind?.text === '(' && behind.kind === 'punctuation')
      return this.#call();
    if (token.kind === 'identifier' && behind?.text === 'of' && behind.kind === 'keyword')
      this.#unsupported(`Lineage ("${token.text} of")`, token);
    if (token.kind === 'identifier' || token.kind === 'quoted identifier') return this.#field();
    if (token.kind === 'punctuation' && token.text === '?') return this.#field();
    this.#refuseReserved(token, behind);
    return this.#literal('a value, a field or "("');
  }

  /** A reserved word that something is asked about was meant as a field. */
  #refuseReserved(token: Token, behind: Token | undefined): void {
    if (token.kind !== 'keyword' || ['true', 'false', 'null'].includes(token.text)) return;
    const asked =
      behind !== undefined &&
      (behind.text === '.' || COMPARISONS.has(behind.text) || PATTERNS.has(behind.text));
    if (!asked) return;
    const remedy = `Write it between backticks: \`${token.text}\`.`;
    this.#fail(`"${token.text}" is a reserved word, not a field.`, token, remedy);
  }

  #call(): Expression {
    const token = this.#take();
    this.#require('(');
    const args = this.#accept(')') ? [] : this.#nested(() => this.#list(() => this.#expression()));
    const insensitive = token.kind === 'insensitive identifier';
    const span = { start: token.span.start, end: this.#previousEnd() };
    return { kind: 'call', name: token.value, insensitive, args, span };
  }

  #field(): FieldReference {
    const { start } = this.#peek().span;
    const optional = this.#accept('?');
    const first = this.#take();
    if (first.kind !== 'identifier' && first.kind !== 'quoted identifier') this.#expected('a field', first);
    let name = first.value;
    while (this.#accept('.')) {
      const part = this.#take();
      // Behind a dot a reserved word can only be a part of a name.
      if (!['identifier', 'quoted identifier', 'keyword'].includes(part.kind) || part.text.endsWith('~'))
        this.#expected('a name behind "."', part);
      name += `.${part.value}`;
    }
    if (this.#isAt('[')) this.#unsupported('An array index', this.#peek());
    return { kind: 'field', name, optional, span: { start, end: this.#previousEnd() } };
  }

  /** literal : 'null' | 'true' | 'false' | NUMBER | STRING */
  #literal(wanted = 'a literal'): Literal {
    const token = this.#take();
    const { span } = token;
    if (token.kind === 'string') return { kind: 'literal', type: 'string', value: token.value, span };
    if (token.kind === 'integer') return this.#finite({ kind: 'literal', ...readInteger(token.text), span });
    if (token.kind === 'decimal') return this.#finite({ kind: 'literal', ...readDecimal(token.text), span });
    if (token.kind === 'keyword' && token.text === 'null')
      return { kind: 'literal', type: 'null', value: null, span };
    if (token.kind === 'keyword' && (token.text === 'true' || token.text === 'false'))
      return { kind: 'literal', type: 'boolean', value: token.text === 'true', span };
    return this.#expected(wanted, token);
  }

  #finite(literal: Literal): Literal {
    if (Number.isFinite(Number(literal.value))) return literal;
    throw new EqlSyntaxError(
      'The number is larger than a double can hold.',
      this.#source,
      literal.span.start,
    );
  }

  /** Runs `production` one level deeper; hostile text must not reach the end of the stack. */
  #nested<T>(production: () => T): T {
    this.#depth += 1;
    if (this.#depth > this.#limits.maxDepth)
      this.#fail(`The query nests deeper than ${this.#limits.maxDepth} levels.`, this.#peek());
    const result = production();
    this.#depth -= 1;
    return result;
  }

  #peek(): Token {
    return this.#tokens[this.#at]!;
  }

  /** The current token, and moves on; the end is never passed. */
  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  #previousEnd(): number {
    return this.#tokens[this.#at - 1]?.span.end ?? 0;
  }

  /** Whether the current token is this keyword or sign. */
  #isAt(text: string): boolean {
    const token = this.#peek();
    return token.text === text && (token.kind === 'keyword' || token.kind === 'punctuation');
  }

  #accept(text: string): boolean {
    const found = this.#isAt(text);
    if (found) this.#take();
    return found;
  }

  #require(text: string): void {
    if (!this.#accept(text)) this.#expected(`"${text}"`, this.#peek());
  }

  #unsupported(construct: string, token: Token): never {
    throw new EqlVerificationError(`${construct} is not supported.`, this.#source, token.span.start);
  }

  #expected(what: string, token: Token): never {
    const meant = token.kind === 'identifier' ? closest(token.text, KEYWORDS) : undefined;
    const remedy = meant === undefined ? undefined : `Did you mean "${meant}"? Keywords are lower case.`;
    return this.#fail(`Expected ${what}, found ${describeToken(token)}.`, token, remedy);
  }

  #fail(message: string, token: Token, remedy?: string): never {
    throw new EqlSyntaxError(message, this.#source, token.span.start, remedy);
  }
}
