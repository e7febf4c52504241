import { printNumber } from './numbers.ts';
import { quoteString } from './strings.ts';
import { KEYWORDS } from './tokens.ts';
import type { EventQuery, Expression, FieldReference, Literal, Pipe, Statement, Term } from './tree.ts';

/** How tightly an expression binds, loosest first; an operand that binds looser needs parentheses. */
const BINDING: Readonly<Record<Expression['kind'], number>> = {
  or: 1,
  and: 2,
  not: 3,
  comparison: 4,
  arithmetic: 5,
  negate: 7,
  in: 8,
  pattern: 8,
  literal: 9,
  field: 9,
  call: 9,
  arraySearch: 9,
  lineage: 9,
};

const SUM = 5;
const PRODUCT = 6;

/** The query as text in one spelling; reading it again gives the same tree. */
export function print({ query, pipes }: Statement): string {
  return [printQuery(query), ...pipes.map(printPipe)].join('\n| ');
}

function printQuery(query: Statement['query']): string {
  switch (query.kind) {
    case 'event':
      return printEventQuery(query);
    case 'sequence': {
      const span = query.maxSpan === null ? '' : ` with maxspan=${query.maxSpan.count}${query.maxSpan.unit}`;
      const until = query.until === null ? '' : `\nuntil\n${printTerm(query.until)}`;
      return `sequence${printKeys(query.by)}${span}${query.terms.map((term) => `\n${printTerm(term)}`).join('')}${until}`;
    }
    case 'sample':
      return `sample${printKeys(query.by)}${query.terms.map((term) => `\n${printTerm(term)}`).join('')}`;
  }
}

function printTerm({ missing, query, by, runs, alias }: Term): string {
  const repeated = runs === 1 ? '' : ` with runs=${runs}`;
  const named = alias === null ? '' : ` as ${alias}`;
  return `  ${missing ? '!' : ''}[${printEventQuery(query)}]${printKeys(by)}${repeated}${named}`;
}

function printKeys(keys: readonly FieldReference[]): string {
  return keys.length === 0 ? '' : ` by ${keys.map(printField).join(', ')}`;
}

function printPipe({ name, args }: Pipe): string {
  return args.length === 0 ? name : `${name} ${printList(args)}`;
}

function printEventQuery({ category, condition }: EventQuery): string {
  return `${category === null ? 'any' : printCategory(category)} where ${printExpression(condition)}`;
}

function printCategory(category: string): string {
  const plain = /^[A-Za-z_@][A-Za-z0-9_]*$/.test(category) && !KEYWORDS.has(category);
  return plain ? category : quoteString(category);
}

/** An expression as text. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      return printLiteral(expression);
    case 'field':
      return printField(expression);
    case 'call':
      return `${expression.name}${expression.insensitive ? '~' : ''}(${printList(expression.args)})`;
    case 'negate':
      return `-${operand(expression.operand, bindingOf(expression))}`;
    case 'arithmetic': {
      const binding = bindingOf(expression);
      const right = operand(expression.right, binding + 1);
      return `${operand(expression.left, binding)} ${expression.operator} ${right}`;
    }
    case 'comparison': {
      const { left, operator, right } = expression;
      return `${operand(left, SUM)} ${operator} ${operand(right, SUM)}`;
    }
    case 'in': {
      const operator = `${expression.negated ? 'not ' : ''}in${expression.insensitive ? '~' : ''}`;
      return `${operand(expression.operand, 9)} ${operator} (${printList(expression.values)})`;
    }
    case 'pattern': {
      const [only, ...more] = expression.patterns;
      const right = more.length === 0 ? printLiteral(only!) : `(${printList(expression.patterns)})`;
      return `${operand(expression.operand, 9)} ${expression.operator} ${right}`;
    }
    case 'arraySearch': {
      const { array, variable, condition } = expression;
      return `_arraysearch(${printField(array)}, ${variable}, ${printExpression(condition)})`;
    }
    case 'lineage':
      return `${expression.relation} of [${printEventQuery(expression.query)}]`;
    case 'not':
      return `not ${operand(expression.operand, bindingOf(expression))}`;
    case 'and':
    case 'or': {
      const binding = bindingOf(expression);
      return expression.operands.map((each) => operand(each, binding + 1)).join(` ${expression.kind} `);
    }
  }
}

function bindingOf(expression: Expression): number {
  if (expression.kind !== 'arithmetic') return BINDING[expression.kind];
  return expression.operator === '+' || expression.operator === '-' ? SUM : PRODUCT;
}

function operand(expression: Expression, atLeast: number): string {
  const text = printExpression(expression);
  // "-1" is a literal, but where a name or a literal is called for its sign would go to the whole predicate.
  const signed = atLeast === 9 && text.startsWith('-');
  return bindingOf(expression) < atLeast || signed ? `(${text})` : text;
}

function printList(expressions: readonly Expression[]): string {
  return expressions.map(printExpression).join(', ');
}

function printLiteral(literal: Literal): string {
  if (literal.type === 'string') return quoteString(literal.value as string);
  if (literal.type === 'integer' || literal.type === 'decimal') return printNumber(literal);
  return String(literal.value);
}

function printField(field: FieldReference): string {
  if (field.name === '') return field.of!;
  const parts = field.name.split('.');
  const plain = parts.every((part) => /^[A-Za-z_@][A-Za-z0-9_]*$/.test(part) && !KEYWORDS.has(part));
  const name = plain ? field.name : `\`${field.name.replaceAll('`', '``')}\``;
  return `${field.optional ? '?' : ''}${field.of === null ? '' : `${field.of}.`}${name}`;
}
