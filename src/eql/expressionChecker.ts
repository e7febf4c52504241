import { readNetwork } from './address.ts';
import { EqlVerificationError } from './errors.ts';
import { printExpression } from './printer.ts';
import { compileRegex, flavourOf } from './regex.ts';
import { RegexSyntaxError } from './regexSyntax.ts';
import type { FieldType, Warning } from './schema.ts';
import {
  describeArity,
  FUNCTION_NAMES,
  type Parameter,
  parameterAt,
  signatureOf,
  takes,
} from './signatures.ts';
import type { Source, Span } from './source.ts';
import { closest } from './suggest.ts';
import {
  type Comparison,
  type Expression,
  type FieldReference,
  type FunctionCall,
  isVariable,
  type Literal,
  type Membership,
  type Pattern,
} from './tree.ts';
import { coerce } from './values.ts';

/** The type of an expression; `any` where only the record can tell. */
export type ValueType = FieldType | 'null';

export type TypeOf = (field: FieldReference) => FieldType;

const NAMES: Readonly<Record<ValueType, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'a boolean',
  date: 'a date',
  ip: 'an IP address',
  any: 'anything',
  null: 'null',
};

/** Refuses conditions whose types do not agree and whose literals cannot be what they are used as. */
export class ExpressionChecker {
  /** For what Elasticsearch runs too but that is probably not meant. */
  readonly warnings: Warning[] = [];
  readonly #source: Source;
  readonly #typeOf: TypeOf;

  constructor(source: Source, typeOf: TypeOf) {
    this.#source = source;
    this.#typeOf = typeOf;
  }

  /** Throws EqlVerificationError unless the expression can be a condition. */
  condition(expression: Expression): void {
    const type = this.#type(expression);
    if (type !== 'boolean' && type !== 'null' && type !== 'any')
      this.fail(
        `Expected a condition, found ${printExpression(expression)}, which is ${NAMES[type]}.`,
        expression,
      );
  }

  /** Throws EqlVerificationError unless the expression has a value. */
  value(expression: Expression): void {
    this.#type(expression);
  }

  #type(expression: Expression): ValueType {
    switch (expression.kind) {
      case 'literal':
        return literalType(expression);
      case 'field':
        return isVariable(expression) ? 'any' : this.#typeOf(expression);
      case 'arraySearch':
        this.condition(expression.condition);
        return 'boolean';
      case 'lineage':
        this.condition(expression.query.condition);
        return 'boolean';
      case 'comparison':
        return this.#comparison(expression);
      case 'in':
        return this.#membership(expression);
      case 'pattern':
        return this.#pattern(expression);
      case 'not':
        this.condition(expression.operand);
        return 'boolean';
      case 'and':
      case 'or':
        for (const operand of expression.operands) this.condition(operand);
        return 'boolean';
      case 'call':
        return this.#call(expression);
      case 'negate':
        this.#requireNumber(expression.operand);
        return 'number';
      case 'arithmetic':
        this.#requireNumber(expression.left);
        this.#requireNumber(expression.right);
        return 'number';
    }
  }

  #requireNumber(expression: Expression): void {
    const type = this.#type(expression);
    if (type === 'number' || type === 'any' || type === 'null') return;
    const found = `${printExpression(expression)}, which is ${NAMES[type]}`;
    this.fail(`Expected a number, found ${found}.`, expression);
  }

  #call(call: FunctionCall): ValueType {
    const signature = signatureOf(call.name);
    if (signature === undefined) {
      const meant = closest(call.name, FUNCTION_NAMES);
      const remedy =
        meant === undefined ? `Known are ${FUNCTION_NAMES.join(', ')}.` : `Did you mean ${meant}?`;
      return this.fail(`Unknown function ${call.name}.`, call, remedy);
    }
    const { name, foldable, returns } = signature;
    if (call.insensitive && !foldable) this.fail(`${name} has no form with "~".`, call, `Write ${name}(…).`);
    const count = call.args.length;
    if (!takes(signature, count))
      this.fail(`${name} expects ${describeArity(signature)}, found ${count}.`, call);
    for (const [index, argument] of call.args.entries())
      this.#argument(name, parameterAt(signature, index)!, argument);
    return returns;
  }

  #argument(name: string, parameter: Parameter, argument: Expression): void {
    const type = this.#type(argument);
    if (parameter.type === 'network') this.#network(name, argument);
    else if (!this.#fits(type, parameter.type)) {
      const found = `${printExpression(argument)}, which is ${NAMES[type]}`;
      const wanted = `${name} expects ${NAMES[parameter.type]} as its ${parameter.name}`;
      this.fail(`${wanted}, found ${found}.`, argument);
    }
  }

  #fits(type: ValueType, wanted: ValueType): boolean {
    // An address is text where no schema says otherwise.
    return (
      type === wanted ||
      [type, wanted].some((each) => each === 'any' || each === 'null') ||
      (wanted === 'ip' && type === 'string')
    );
  }

  #network(name: string, argument: Expression): void {
    const literal = argument.kind === 'literal' ? argument.value : undefined;
    if (literal === null || (typeof literal === 'string' && readNetwork(literal) !== undefined)) return;
    const message = `${name} expects an address or a network such as "10.0.0.0/8"`;
    this.fail(`${message}, found ${printExpression(argument)}.`, argument);
  }

  #comparison(comparison: Comparison): ValueType {
    const { left, right, operator } = comparison;
    const types = [this.#type(left), this.#type(right)] as const;
    this.#comparable(left, types[0], right, types[1]);
    if (operator !== '==' && operator !== '!=' && types.includes('boolean'))
      this.fail(`Booleans have no order: "${operator}" cannot compare them.`, comparison);
    return 'boolean';
  }

  #membership(membership: Membership): ValueType {
    const { operand, values, insensitive } = membership;
    const type = this.#type(operand);
    if (insensitive) this.#requireString(operand, type, '"in~"');
    for (const value of values) {
      const valueType = this.#type(value);
      if (insensitive) this.#requireString(value, valueType, '"in~"');
      this.#comparable(operand, type, value, valueType);
    }
    return 'boolean';
  }

  #pattern(pattern: Pattern): ValueType {
    const { operator, operand, patterns } = pattern;
    this.#requireString(operand, this.#type(operand), `"${operator}"`);
    for (const literal of patterns) {
      if (literal.type !== 'string')
        this.fail(`Expected a string behind "${operator}", found ${printExpression(literal)}.`, literal);
      if (operator === 'regex' || operator === 'regex~') this.#regex(pattern, literal);
    }
    return 'boolean';
  }

  #regex(pattern: Pattern, literal: Literal): void {
    const text = literal.value as string;
    try {
      compileRegex([text], flavourOf(pattern), pattern.operator === 'regex~');
    } catch (error) {
      if (!(error instanceof RegexSyntaxError)) throw error;
      const place = Array.from(text.slice(0, error.index)).length + 1;
      const message = `In this regular expression, at character ${place}: ${error.message}`;
      this.fail(message, literal, error.remedy);
    }
  }

  #requireString(expression: Expression, type: ValueType, operator: string): void {
    if (type === 'string' || type === 'any' || type === 'null') return;
    const found = `${printExpression(expression)}, which is ${NAMES[type]}`;
    this.fail(`${operator} compares strings, found ${found}.`, expression);
  }

  #comparable(left: Expression, leftType: ValueType, right: Expression, rightType: ValueType): void {
    if (leftType === rightType || [leftType, rightType].some((type) => type === 'any' || type === 'null'))
      return;
    if (right.kind === 'literal' && left.kind !== 'literal') this.#coercible(left, leftType, right);
    else if (left.kind === 'literal' && right.kind !== 'literal') this.#coercible(right, rightType, left);
    else this.#mismatch(left, leftType, right, rightType);
  }

  #coercible(operand: Expression, type: ValueType, literal: Literal): void {
    if (operand.kind !== 'field' || coerce(literal, type as FieldType) === undefined)
      this.#mismatch(operand, type, literal, literalType(literal));
    if (type === 'date' || type === 'ip') return;
    const found = `${printExpression(literal)}, which is ${NAMES[literalType(literal)]}`;
    this.#warn(`${operand.name} is ${NAMES[type]}, compared with ${found}.`, literal);
  }

  #mismatch(left: Expression, leftType: ValueType, right: Expression, rightType: ValueType): never {
    const one = `${printExpression(left)}, which is ${NAMES[leftType]}`;
    return this.fail(
      `Cannot compare ${one}, with ${printExpression(right)}, which is ${NAMES[rightType]}.`,
      right,
    );
  }

  #warn(message: string, { span }: Expression): void {
    this.warnings.push({ message, ...this.#source.locate(span.start) });
  }

  /** Refuses a part of the query. */
  fail(message: string, { span }: { readonly span: Span }, remedy?: string): never {
    throw new EqlVerificationError(message, this.#source, span.start, remedy);
  }
}

function literalType(literal: Literal): ValueType {
  return literal.type === 'integer' || literal.type === 'decimal' ? 'number' : literal.type;
}
