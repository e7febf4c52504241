import type { DialectFeatures } from './dialect.ts';
import { ExpressionParser } from './expressionParser.ts';
import type { Limits } from './limits.ts';
import { PipeParser } from './pipeParser.ts';
import type { Source } from './source.ts';
import { isWord, TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';
import type { Duration, FieldReference, SampleQuery, SequenceQuery, Statement, Term } from './tree.ts';

/** Text to tree. Throws EqlSyntaxError, and EqlVerificationError for what the grammar knows but cannot run. */
export function parseStatement(source: Source, limits: Limits, features: DialectFeatures): Statement {
  return new StatementParser(new TokenStream(source, limits), features).statement();
}

const UNITS = 'ms, s, m, h and d';
const MAX_RUNS = 100;

/** Recursive descent: a method for each production of the grammar, which stands above it. */
class StatementParser {
  readonly #tokens: TokenStream;
  readonly #features: DialectFeatures;
  readonly #expressions: ExpressionParser;
  readonly #pipes: PipeParser;

  constructor(tokens: TokenStream, features: DialectFeatures) {
    this.#tokens = tokens;
    this.#features = features;
    this.#expressions = new ExpressionParser(tokens, features);
    this.#pipes = new PipeParser(tokens, this.#expressions, features);
  }

  /** statement : query ('|' pipe)* END */
  statement(): Statement {
    const query = this.#query();
    const pipes = this.#pipes.pipes();
    const rest = this.#tokens.peek();
    if (rest.kind !== 'end') this.#expectedEnd(query, rest);
    return {
      kind: 'statement',
      query,
      pipes,
      span: { start: query.span.start, end: this.#tokens.previousEnd() },
    };
  }

  #expectedEnd(query: Statement['query'], rest: Token): never {
    if (query.kind === 'event') this.#tokens.expected('"and", "or" or the end of the query', rest);
    if (rest.text === 'fork') this.#tokens.unsupported('"fork"', rest);
    const wanted = query.kind === 'sample' ? '"[", "by"' : '"[", "![", "by", "with", "until"';
    return this.#tokens.expected(`${wanted}, a pipe or the end of the query`, rest);
  }

  /** query : sequence | sample | eventQuery */
  #query(): Statement['query'] {
    const first = this.#tokens.peek();
    if (isWord(first, 'join')) this.#tokens.unsupported('A "join" query', first);
    if (isWord(first, 'sequence')) return this.#sequence();
    return isWord(first, 'sample') ? this.#sample() : this.#expressions.eventQuery();
  }

  /** sequence : 'sequence' keys? ('with' 'maxspan' '=' duration)? term+ ('until' term)? */
  #sequence(): SequenceQuery {
    const { start } = this.#tokens.take().span;
    const by = this.#keys();
    const maxSpan = this.#tokens.accept('with') ? this.#maxSpan() : null;
    const late = this.#tokens.peek();
    if (maxSpan !== null && isWord(late, 'by'))
      this.#tokens.fail('Expected "[", found "by".', late, 'Write "by" before "with".');
    const terms = this.#terms();
    const until = this.#tokens.accept('until') ? this.#term() : null;
    const span = { start, end: this.#tokens.previousEnd() };
    return { kind: 'sequence', by, maxSpan, terms, until, span };
  }

  /** sample : 'sample' keys? term+ */
  #sample(): SampleQuery {
    const { start } = this.#tokens.take().span;
    const by = this.#keys();
    const next = this.#tokens.peek();
    if (isWord(next, 'with')) this.#tokens.reject('A sample has no maxspan: its events have no order.', next);
    const terms = this.#terms();
    return { kind: 'sample', by, terms, span: { start, end: this.#tokens.previousEnd() } };
  }

  /** keys : 'by' key (',' key)* */
  #keys(): FieldReference[] {
    if (!this.#tokens.accept('by')) return [];
    const keys = [this.#expressions.key()];
    while (this.#tokens.accept(',')) keys.push(this.#expressions.key());
    return keys;
  }

  /** duration : INTEGER IDENTIFIER */
  #maxSpan(): Duration {
    this.#tokens.require('maxspan');
    this.#tokens.require('=');
    const number = this.#tokens.take();
    if (number.kind === 'decimal') this.#tokens.reject('A time span must be a whole number.', number);
    if (number.kind !== 'integer') this.#tokens.expected('a whole number with a unit, such as 5m', number);
    const count = Number(number.text);
    if (count === 0 || !Number.isSafeInteger(count))
      this.#tokens.reject('A time span must be a positive whole number.', number);
    const unit = this.#tokens.peek();
    if (unit.kind !== 'identifier')
      this.#tokens.reject('The time span has no unit.', number, `Units are ${UNITS}.`);
    if (!isTimeUnit(unit.text))
      this.#tokens.reject(`Unknown time unit "${unit.text}".`, unit, `Units are ${UNITS}.`);
    this.#tokens.take();
    const span = { start: number.span.start, end: unit.span.end };
    return { kind: 'duration', count, unit: unit.text, span };
  }

  #terms(): Term[] {
    const terms = [this.#term()];
    while (this.#tokens.isAt('[') || this.#tokens.isAt('!')) terms.push(this.#term());
    return terms;
  }

  /** term : '!'? '[' eventQuery ']' keys? ('with' 'runs' '=' INTEGER)? ('as' IDENTIFIER)? */
  #term(): Term {
    const { start } = this.#tokens.peek().span;
    const missing = this.#tokens.accept('!');
    if (!this.#tokens.accept('[')) this.#tokens.expected('"[" or "!["', this.#tokens.peek());
    const query = this.#expressions.eventQuery();
    if (!this.#tokens.accept(']')) this.#tokens.expected('"and", "or" or "]"', this.#tokens.peek());
    const by = this.#keys();
    const runs = this.#tokens.accept('with') ? this.#runs() : 1;
    const alias = this.#alias();
    const span = { start, end: this.#tokens.previousEnd() };
    return { kind: 'term', missing, query, by, runs, alias, span };
  }

  /** The name by which the terms behind this one call its event. */
  #alias(): string | null {
    const word = this.#tokens.peek();
    if (word.kind !== 'identifier' || word.text !== 'as') return null;
    this.#tokens.take();
    if (!this.#features.aliases)
      this.#tokens.unsupported('An alias ("as")', word, 'The endpoint dialect has it.');
    const name = this.#tokens.take();
    if (name.kind !== 'identifier') this.#tokens.expected('a name behind "as"', name);
    if (this.#expressions.aliases.has(name.value))
      this.#tokens.reject(`Another term is called ${name.value} already.`, name);
    this.#expressions.aliases.add(name.value);
    return name.value;
  }

  #runs(): number {
    const name = this.#tokens.take();
    if (name.text !== 'runs') this.#tokens.expected('"runs"', name);
    this.#tokens.require('=');
    const count = this.#tokens.take();
    if (count.kind !== 'integer') this.#tokens.expected(`a whole number from 1 to ${MAX_RUNS}`, count);
    const runs = Number(count.text);
    if (runs < 1 || runs > MAX_RUNS)
      this.#tokens.reject(`"runs" must be from 1 to ${MAX_RUNS}, found ${count.text}.`, count);
    return runs;
  }
}

function isTimeUnit(text: string): text is Duration['unit'] {
  return ['ms', 's', 'm', 'h', 'd'].includes(text);
}
