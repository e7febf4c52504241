import { negated, readDecimal, readInteger } from './numbers.ts';
import { printExpression } from './printer.ts';
import { isWord, type TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';
import type {
  ArithmeticOperator,
  ComparisonOperator,
  Expression,
  FieldReference,
  Literal,
  Membership,
  Pattern,
} from './tree.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const PATTERNS: ReadonlySet<string> = new Set([':', 'like', 'like~', 'regex', 'regex~']);

/** Recursive descent over expressions: a method for each production of the grammar, which stands above it. */
export class ExpressionParser {
  readonly #tokens: TokenStream;
  #arithmetic = 0;

  constructor(tokens: TokenStream) {
    this.#tokens = tokens;
  }

  /** expression : conjunction ('or' conjunction)* */
  expression(): Expression {
    return this.#tokens.nested(() => this.#logical('or', () => this.#logical('and', () => this.#negation())));
  }

  /** key : field, where anything else that computes a value is refused by name */
  key(): FieldReference {
    const key = this.#sum();
    if (key.kind === 'field') return key;
    return this.#tokens.reject(`A join key must be a field, found ${printExpression(key)}.`, key);
  }

  /** conjunction : negation ('and' negation)* */
  #logical(kind: 'and' | 'or', operand: () => Expression): Expression {
    const first = operand();
    if (!this.#tokens.isAt(kind)) return first;
    const operands = [first];
    while (this.#tokens.accept(kind)) operands.push(operand());
    return { kind, operands, span: { start: first.span.start, end: operands.at(-1)!.span.end } };
  }

  /** negation : 'not' negation | comparison */
  #negation(): Expression {
    const { span } = this.#tokens.peek();
    if (!this.#tokens.accept('not')) return this.#comparison();
    const operand = this.#tokens.nested(() => this.#negation());
    return { kind: 'not', operand, span: { start: span.start, end: operand.span.end } };
  }

  /** comparison : sum (('==' | '!=' | '<' | '<=' | '>' | '>=') sum)? */
  #comparison(): Expression {
    const left = this.#sum();
    const sign = this.#tokens.peek();
    if (isWord(sign, '=')) this.#tokens.expected('"=="', sign);
    if (!isOneOf(sign, COMPARISONS)) return left;
    this.#tokens.take();
    const right = this.#sum();
    const next = this.#tokens.peek();
    if (isOneOf(next, COMPARISONS))
      this.#tokens.fail(`Comparisons cannot be chained: expected "and", found "${next.text}".`, next);
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
      const operator = operators.find((candidate) => this.#tokens.isAt(candidate));
      if (operator === undefined) return left;
      const token = this.#tokens.take();
      this.#arithmetic += 1;
      if (this.#arithmetic > this.#tokens.limits.maxArithmetic)
        this.#tokens.fail(
          `The query has more than ${this.#tokens.limits.maxArithmetic} arithmetic operators.`,
          token,
        );
      const right = operand();
      const span = { start: left.span.start, end: right.span.end };
      left = { kind: 'arithmetic', operator, left, right, span };
    }
  }

  /** signed : ('+' | '-') signed | predicate */
  #signed(): Expression {
    const sign = this.#tokens.peek();
    if (this.#tokens.accept('+')) return this.#tokens.nested(() => this.#signed());
    if (!this.#tokens.accept('-')) return this.#predicate();
    const operand = this.#tokens.nested(() => this.#signed());
    const span = { start: sign.span.start, end: operand.span.end };
    if (operand.kind === 'literal' && (operand.type === 'integer' || operand.type === 'decimal'))
      return { kind: 'literal', ...negated(operand), span };
    return { kind: 'negate', operand, span };
  }

  /** predicate : primary ('not'? ('in' | 'in~') list | (':' | 'like' | …) (literal | list))? */
  #predicate(): Expression {
    const operand = this.#primary();
    if (this.#tokens.accept('not')) return this.#membership(operand, true);
    const token = this.#tokens.peek();
    if (isWord(token, 'in') || isWord(token, 'in~')) return this.#membership(operand, false);
    return isOneOf(token, PATTERNS) ? this.#pattern(operand) : operand;
  }

  #membership(operand: Expression, isNegated: boolean): Membership {
    const token = this.#tokens.take();
    if (!isWord(token, 'in') && !isWord(token, 'in~'))
      this.#tokens.expected('"in" or "in~" behind "not"', token);
    this.#tokens.require('(');
    const values = this.#list(() => this.expression());
    const span = { start: operand.span.start, end: this.#tokens.previousEnd() };
    return { kind: 'in', operand, negated: isNegated, insensitive: token.text === 'in~', values, span };
  }

  #pattern(operand: Expression): Pattern {
    const operator = this.#tokens.take().text as Pattern['operator'];
    const patterns = this.#tokens.accept('(') ? this.#list(() => this.#literal()) : [this.#literal()];
    const span = { start: operand.span.start, end: this.#tokens.previousEnd() };
    return { kind: 'pattern', operator, operand, patterns, span };
  }

  /** list : '(' item (',' item)* ')', the opening parenthesis being taken */
  #list<T>(item: () => T): T[] {
    if (this.#tokens.isAt(')')) this.#tokens.expected('a value: a list cannot be empty', this.#tokens.peek());
    const items = [item()];
    while (this.#tokens.accept(',')) items.push(item());
    if (!this.#tokens.accept(')')) this.#tokens.expected('"," or ")"', this.#tokens.peek());
    return items;
  }

  /** primary : literal | name '~'? '(' … ')' | '?'? name ('.' name)* | '(' expression ')' */
  #primary(): Expression {
    const token = this.#tokens.peek();
    if (this.#tokens.accept('(')) {
      const inner = this.expression();
      if (!this.#tokens.accept(')')) this.#tokens.expected('")"', this.#tokens.peek());
      return inner;
    }
    const behind = this.#tokens.behind();
    if (token.kind === 'insensitive identifier') return this.#call();
    if (token.kind === 'identifier' && isWord(behind, '(')) return this.#call();
    if (token.kind === 'identifier' && isWord(behind, 'of'))
      this.#tokens.unsupported(`Lineage ("${token.text} of")`, token);
    if (token.kind === 'identifier' || token.kind === 'quoted identifier') return this.#field();
    if (isWord(token, '?')) return this.#field();
    this.#refuseReserved(token, behind);
    return this.#literal('a value, a field or "("');
  }

  /** A reserved word that something is asked about was meant as a field. */
  #refuseReserved(token: Token, behind: Token | undefined): void {
    if (token.kind !== 'keyword' || ['true', 'false', 'null'].includes(token.text)) return;
    if (!isWord(behind, '.') && !isOneOf(behind, COMPARISONS) && !isOneOf(behind, PATTERNS)) return;
    const remedy = `Write it between backticks: \`${token.text}\`.`;
    this.#tokens.fail(`"${token.text}" is a reserved word, not a field.`, token, remedy);
  }

  #call(): Expression {
    const token = this.#tokens.take();
    this.#tokens.require('(');
    const args = this.#tokens.accept(')')
      ? []
      : this.#tokens.nested(() => this.#list(() => this.expression()));
    const insensitive = token.kind === 'insensitive identifier';
    const span = { start: token.span.start, end: this.#tokens.previousEnd() };
    return { kind: 'call', name: token.value, insensitive, args, span };
  }

  #field(): FieldReference {
    const { start } = this.#tokens.peek().span;
    const optional = this.#tokens.accept('?');
    const first = this.#tokens.take();
    if (first.kind !== 'identifier' && first.kind !== 'quoted identifier')
      this.#tokens.expected('a field', first);
    let name = first.value;
    while (this.#tokens.accept('.')) {
      const part = this.#tokens.take();
      // Behind a dot a reserved word can only be a part of a name.
      if (!['identifier', 'quoted identifier', 'keyword'].includes(part.kind) || part.text.endsWith('~'))
        this.#tokens.expected('a name behind "."', part);
      name += `.${part.value}`;
    }
    // A bracket behind a join key opens the next term.
    if (this.#tokens.isAt('[') && this.#tokens.behind()?.kind === 'integer')
      this.#tokens.unsupported('An array index', this.#tokens.peek());
    return { kind: 'field', name, optional, span: { start, end: this.#tokens.previousEnd() } };
  }

  /** literal : 'null' | 'true' | 'false' | NUMBER | STRING */
  #literal(wanted = 'a literal'): Literal {
    const token = this.#tokens.take();
    const { span } = token;
    if (token.kind === 'string') return { kind: 'literal', type: 'string', value: token.value, span };
    if (token.kind === 'integer' || token.kind === 'decimal') return this.#number(token);
    if (isWord(token, 'null')) return { kind: 'literal', type: 'null', value: null, span };
    if (isWord(token, 'true') || isWord(token, 'false'))
      return { kind: 'literal', type: 'boolean', value: token.text === 'true', span };
    return this.#tokens.expected(wanted, token);
  }

  #number(token: Token): Literal {
    const number = token.kind === 'integer' ? readInteger(token.text) : readDecimal(token.text);
    if (!Number.isFinite(Number(number.value)))
      this.#tokens.fail('The number is larger than a double can hold.', token);
    return { kind: 'literal', ...number, span: token.span };
  }
}

function isOneOf(token: Token | undefined, words: ReadonlySet<string>): boolean {
  return token !== undefined && words.has(token.text) && isWord(token, token.text);
}
