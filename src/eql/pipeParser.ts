import { ALL_PIPES, type DialectFeatures } from './dialect.ts';
import type { ExpressionParser } from './expressionParser.ts';
import { closest } from './suggest.ts';
import type { TokenStream } from './tokenStream.ts';
import type { Expression, Pipe, PipeName } from './tree.ts';

/** Reads what stands behind a query. */
export class PipeParser {
  readonly #tokens: TokenStream;
  readonly #expressions: ExpressionParser;
  readonly #known: ReadonlySet<PipeName>;

  constructor(tokens: TokenStream, expressions: ExpressionParser, { pipes }: DialectFeatures) {
    this.#tokens = tokens;
    this.#expressions = expressions;
    this.#known = pipes;
  }

  pipes(): Pipe[] {
    const pipes: Pipe[] = [];
    this.#expressions.inPipe = true;
    while (this.#tokens.accept('|')) pipes.push(this.#pipe());
    return pipes;
  }

  /** pipe : IDENTIFIER (expression (',' expression)*)? */
  #pipe(): Pipe {
    const token = this.#tokens.take();
    if (token.kind !== 'identifier') this.#tokens.expected('the name of a pipe', token);
    const name = token.text;
    if (!isPipeName(name)) {
      const meant = closest(name, this.#known);
      const remedy = meant === undefined ? `Pipes are ${this.#list()}.` : `Did you mean ${meant}?`;
      return this.#tokens.reject(`Unknown pipe "${name}".`, token, remedy);
    }
    if (!this.#known.has(name))
      this.#tokens.reject(
        `The pipe "${name}" is not supported in this dialect.`,
        token,
        `Pipes are ${this.#list()}.`,
      );
    const next = this.#tokens.peek();
    const args = next.kind === 'end' || this.#tokens.isAt('|') ? [] : this.#arguments();
    return { kind: 'pipe', name, args, span: { start: token.span.start, end: this.#tokens.previousEnd() } };
  }

  #arguments(): Expression[] {
    const args = [this.#expressions.expression()];
    while (this.#tokens.accept(',')) args.push(this.#expressions.expression());
    return args;
  }

  #list(): string {
    return [...this.#known].join(', ');
  }
}

function isPipeName(name: string): name is PipeName {
  return ALL_PIPES.has(name as PipeName);
}
