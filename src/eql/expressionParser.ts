import type { DialectFeatures } from './dialect.ts';
import { negated, readDecimal, readInteger } from './numbers.ts';
import { printExpression } from './printer.ts';
import { isWord, type TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';
import type {
  ArithmeticOperator,
  ArraySearch,
  ComparisonOperator,
  EventQuery,
  Expression,
  FieldReference,
  Lineage,
  Literal,
  Membership,
  Pattern,
  Relation,
} from './tree.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const PATTERNS: ReadonlySet<string> = new Set([':', 'like', 'like~', 'regex', 'regex~']);

const ENDPOINT_REMEDY = 'The endpoint dialect has it.';

/** Recursive descent over expressions: a method for each production of the grammar, which stands above it. */
export class ExpressionParser {
  /** The names under which fields of earlier events are read. */
  readonly aliases = new Set<string>();
  /** Whether the expressions of a pipe are read, which can name the events of a match by their number. */
  inPipe = false;
  readonly #tokens: TokenStream;
  readonly #features: DialectFeatures;
  readonly #variables: string[] = [];
  #arithmetic = 0;

  constructor(tokens: TokenStream, features: DialectFeatures) {
    this.#tokens = tokens;
    this.#features = features;
  }

  /** expression : conjunction ('or' conjunction)* */
  expression(): Expression {
    return this.#tokens.nested(() => this.#logical('or', () => this.#logical('and', () => this.#negation())));
  }

  /** eventQuery : ('any' | IDENTIFIER | STRING) 'where' expression */
  eventQuery(): EventQuery {
    const token = this.#tokens.take();
    const any = isWord(token, 'any');
    if (!any && token.kind !== 'identifier' && token.kind !== 'string')
      this.#tokens.expected('an event category (a name, a string or "any")', token);
    this.#tokens.require('where');
    const condition = this.expression();
    const span = { start: token.span.start, end: condition.span.end };
    return { kind: 'event', category: any ? null : token.value, condition, span };
  }

  /** key : field, where anything else that computes a value is refused by name */
  key(role = 'A join key'): FieldReference {
    const key = this.#sum();
    if (key.kind === 'field') return key;
    return this.#tokens.reject(`${role} must be a field, found ${printExpression(key)}.`, key);
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
    if (token.kind === 'identifier' && isWord(behind, 'of')) return this.#lineage();
    if (token.kind === 'variable') return this.#variable();
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
    if (token.value.toLowerCase() === '_arraysearch') return this.#arraySearch(token);
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
    const event =
      first.value === 'events' && this.#features.pipes.has('filter') ? this.#eventIndex() : undefined;
    const parts = this.#parts();
    if (event !== undefined && parts.length > 0) {
      const span = { start, end: this.#tokens.previousEnd() };
      return { kind: 'field', of: event, name: parts.join('.'), optional, span };
    }
    const isAlias = first.kind === 'identifier' && this.aliases.has(first.value) && parts.length > 0;
    const name = isAlias ? parts.join('.') : [first.value, ...parts].join('.');
    // A bracket behind a join key opens the next term.
    if (this.#tokens.isAt('[') && this.#tokens.behind()?.kind === 'integer')
      this.#tokens.unsupported('An array index', this.#tokens.peek());
    const span = { start, end: this.#tokens.previousEnd() };
    return { kind: 'field', of: isAlias ? first.value : null, name, optional, span };
  }

  /** eventIndex : '[' INTEGER ']', behind the word "events" in a pipe */
  #eventIndex(): string | undefined {
    const number = this.#tokens.behind();
    if (!this.inPipe || !this.#tokens.isAt('[') || number?.kind !== 'integer') return undefined;
    this.#tokens.take();
    this.#tokens.take();
    this.#tokens.require(']');
    return `events[${Number(number.text)}]`;
  }

  /** The parts of a name behind its first, each behind a dot. */
  #parts(): string[] {
    const parts: string[] = [];
    while (this.#tokens.accept('.')) {
      const part = this.#tokens.take();
      // Behind a dot a reserved word can only be a part of a name.
      if (!['identifier', 'quoted identifier', 'keyword'].includes(part.kind) || part.text.endsWith('~'))
        this.#tokens.expected('a name behind "."', part);
      parts.push(part.value);
    }
    return parts;
  }

  /** lineage : ('descendant' | 'child' | 'event') 'of' '[' eventQuery ']' */
  #lineage(): Lineage {
    const token = this.#tokens.take();
    if (!this.#features.lineage)
      this.#tokens.unsupported(`Lineage ("${token.text} of")`, token, ENDPOINT_REMEDY);
    if (!isRelation(token.text)) this.#tokens.expected('"descendant", "child" or "event" before "of"', token);
    this.#tokens.require('of');
    this.#tokens.require('[');
    const query = this.#tokens.nested(() => this.eventQuery());
    if (!this.#tokens.accept(']')) this.#tokens.expected('"and", "or" or "]"', this.#tokens.peek());
    const span = { start: token.span.start, end: this.#tokens.previousEnd() };
    return { kind: 'lineage', relation: token.text, query, span };
  }

  /** arraySearch : '_arraysearch' '(' field ',' VARIABLE ',' expression ')', the name being taken */
  #arraySearch(name: Token): ArraySearch {
    if (!this.#features.variables) this.#tokens.unsupported('_arraysearch', name, ENDPOINT_REMEDY);
    this.#tokens.require('(');
    const array = this.key('The first argument of _arraysearch');
    this.#tokens.require(',');
    const variable = this.#tokens.take();
    if (variable.kind !== 'variable') this.#tokens.expected('a variable such as $entry', variable);
    this.#tokens.require(',');
    this.#variables.push(variable.value);
    const condition = this.expression();
    this.#variables.pop();
    if (!this.#tokens.accept(')')) this.#tokens.expected('"and", "or" or ")"', this.#tokens.peek());
    const span = { start: name.span.start, end: this.#tokens.previousEnd() };
    return { kind: 'arraySearch', array, variable: variable.value, condition, span };
  }

  /** variable : VARIABLE ('.' name)* */
  #variable(): FieldReference {
    const token = this.#tokens.take();
    if (!this.#features.variables)
      this.#tokens.unsupported(`A variable ("${token.text}")`, token, ENDPOINT_REMEDY);
    if (!this.#variables.includes(token.value)) {
      const remedy = 'A variable is known inside the _arraysearch that names it.';
      this.#tokens.reject(`Unknown variable ${token.value}.`, token, remedy);
    }
    const name = this.#parts().join('.');
    const span = { start: token.span.start, end: this.#tokens.previousEnd() };
    return { kind: 'field', of: token.value, name, optional: false, span };
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

function isRelation(word: string): word is Relation {
  return word === 'descendant' || word === 'child' || word === 'event';
}

function isOneOf(token: Token | undefined, words: ReadonlySet<string>): boolean {
  return token !== undefined && words.has(token.text) && isWord(token, token.text);
}
