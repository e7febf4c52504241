import { readAddress, readNetwork } from './address.ts';
import { isDecimal, operationOf, opposite } from './arithmetic.ts';
import { equalsFolded, foldAscii } from './casing.ts';
import { compareValues, compareWith, MIRRORED } from './comparisons.ts';
import { applyOf, type PlainFunction } from './functions.ts';
import { lift } from './lift.ts';
import { allOf, anyEquals, anyOf, anyPasses, exists, not, type Reader, type Test } from './readers.ts';
import { compileRegex, flavourOf } from './regex.ts';
import type { Field, FieldType, FieldValue } from './schema.ts';
import { operatorOf, signatureOf } from './signatures.ts';
import type {
  ArithmeticOperator,
  ArraySearch,
  Comparison,
  Expression,
  FieldReference,
  FunctionCall,
  Lineage,
  Literal,
  Logical,
  Membership,
  Pattern,
  Scalar,
} from './tree.ts';
import { anyValue, isMissing } from './values.ts';
import { compileWildcards } from './wildcard.ts';
import { LONG_LIST, type Work } from './work.ts';

/** Finds the field that a name stands for; undefined reads as missing. */
export type FieldLookup<R> = (field: FieldReference) => Field<R> | undefined;

/** What a condition can ask that is not in the record alone. */
export interface Surroundings<R> {
  /** Whether some element of an array meets a condition on the variable that stands for it. */
  arraySearch(search: ArraySearch, condition: Test<R>): Test<R>;
  lineage(lineage: Lineage): Test<R>;
}

/** Values in a list up to which comparing one by one beats a set. */
const SMALL_LIST = 4;

/**
 * Checked and folded trees to closures.
 *
 * A condition is two-valued: each leaf turns "cannot be told" (a missing field) into false, and not, and, or
 * work on what the leaves say. A condition used as a value (`(exit_code > -1) == null`) is three-valued.
 */
export class Compiler<R> {
  readonly #field: FieldLookup<R>;
  readonly #surroundings: Surroundings<R> | undefined;
  readonly #work: Work | undefined;

  /** Without surroundings only expressions that need none can be compiled; without work nothing runs in slices. */
  constructor(field: FieldLookup<R>, surroundings?: Surroundings<R>, work?: Work) {
    this.#field = field;
    this.#surroundings = surroundings;
    this.#work = work;
  }

  /** The expression as a condition. */
  condition(expression: Expression): Test<R> {
    switch (expression.kind) {
      case 'literal': {
        const holds = expression.value === true;
        return () => holds;
      }
      case 'not':
        return not(this.condition(expression.operand));
      case 'and':
        return allOf(expression.operands.map((operand) => this.condition(operand)));
      case 'or':
        return anyOf(expression.operands.map((operand) => this.condition(operand)));
      case 'comparison':
        return this.#comparison(expression);
      case 'in':
        return this.#membership(expression);
      case 'pattern':
        return this.#pattern(expression);
      case 'arraySearch':
        return this.#surroundings!.arraySearch(expression, this.condition(expression.condition));
      case 'lineage':
        return this.#surroundings!.lineage(expression);
      default:
        return anyEquals(this.value(expression), true);
    }
  }

  /** The expression as a value; null is missing, or cannot be told. */
  value(expression: Expression): Reader<R> {
    switch (expression.kind) {
      case 'literal': {
        const { value } = expression;
        return () => value;
      }
      case 'field': {
        const field = this.#field(expression);
        return field === undefined ? () => null : (record) => field.read(record);
      }
      case 'not': {
        const read = this.value(expression.operand);
        return (record) => negatedValue(read(record));
      }
      case 'and':
      case 'or':
        return this.#logicalValue(expression);
      case 'comparison': {
        const asksNull = isNull(expression.left) || isNull(expression.right);
        const test = this.#comparison(expression);
        return asksNull ? test : this.#unlessMissing([expression.left, expression.right], test);
      }
      case 'arraySearch':
      case 'lineage':
        return this.condition(expression);
      case 'in':
        return this.#unlessMissing([expression.operand], this.#membership(expression));
      case 'pattern':
        return this.#unlessMissing([expression.operand], this.#pattern(expression));
      case 'call':
        return this.#call(expression);
      case 'negate':
        return lift([this.value(expression.operand)], ([value]) =>
          isScalar(value) ? opposite(value) : null,
        );
      case 'arithmetic':
        return this.#arithmetic(expression.operator, [expression.left, expression.right]);
    }
  }

  #arithmetic(operator: ArithmeticOperator, operands: readonly Expression[]): Reader<R> {
    const compute = operationOf(operator, operands.some(isDecimal));
    const readers = operands.map((operand) => this.value(operand));
    return lift(readers, ([left, right]) =>
      isScalar(left) && isScalar(right) ? compute(left, right) : null,
    );
  }

  #call(call: FunctionCall): Reader<R> {
    const operator = operatorOf(call);
    if (operator !== undefined) return this.#arithmetic(operator, call.args);
    const name = signatureOf(call.name)?.name as PlainFunction | 'cidrMatch';
    if (name === 'cidrMatch') return this.#cidrMatch(call.args);
    const asText = name === 'string' || name === 'concat';
    const readers = call.args.map((arg) => (asText ? this.#text(arg) : this.value(arg)));
    return lift(readers, applyOf(name, call.insensitive), this.#work);
  }

  /** 5.0 is written with its fraction; nothing but the tree tells it from 5. */
  #text(expression: Expression): Reader<R> {
    const read = this.value(expression);
    if (!isDecimal(expression)) return read;
    return lift([read], ([value]) => (Number.isInteger(value) ? `${String(value)}.0` : (value ?? null)));
  }

  #cidrMatch([address, ...networks]: readonly Expression[]): Reader<R> {
    const literals = networks.map((network) => (network as Literal).value);
    if (literals.includes(null)) return () => null;
    const ranges = literals.map((literal) => readNetwork(literal as string)!);
    return lift([this.value(address!)], ([value]) => {
      if (value === null || value === undefined) return null;
      const bits = readAddress(String(value));
      return bits !== undefined && ranges.some(({ low, high }) => bits >= low && bits <= high);
    });
  }

  #unlessMissing(operands: readonly Expression[], test: Test<R>): Reader<R> {
    const readers = operands.map((operand) => this.value(operand));
    return (record) => (readers.some((read) => isMissing(read(record))) ? null : test(record));
  }

  #logicalValue(logical: Logical): Reader<R> {
    const readers = logical.operands.map((operand) => this.value(operand));
    const decisive = logical.kind === 'or';
    return (record) => {
      let unknown = false;
      for (const read of readers) {
        const value = read(record);
        if (isMissing(value)) unknown = true;
        else if (anyValue(value, (each) => each === true) === decisive) return decisive;
      }
      return unknown ? null : !decisive;
    };
  }

  #comparison(comparison: Comparison): Test<R> {
    const { left, right, operator } = comparison;
    // Of several values none may be equal, so that != is the contrary of ==; it holds for a missing field.
    if (operator === '!=') return not(this.#comparison({ ...comparison, operator: '==' }));
    if (isNull(right)) return not(exists(this.value(left)));
    if (isNull(left)) return not(exists(this.value(right)));
    if (right.kind === 'literal') return this.#againstLiteral(left, operator, right);
    if (left.kind === 'literal') return this.#againstLiteral(right, MIRRORED[operator], left);
    const [readLeft, readRight] = [this.value(left), this.value(right)];
    const holds = compareValues(operator, this.#commonType(left, right));
    return (record) => {
      const other = readRight(record);
      return this.#anyPair(readLeft(record), other, holds);
    };
  }

  #againstLiteral(operand: Expression, operator: Comparison['operator'], literal: Literal): Test<R> {
    const type = this.#typeOf(operand);
    const read = this.value(operand);
    const strict = typeof literal.value === 'string' || typeof literal.value === 'boolean';
    if (operator === '==' && strict && (type === 'any' || type === literal.type))
      return anyEquals(read, literal.value as string | boolean, this.#work);
    return anyPasses(read, compareWith(operator, type, literal), this.#work);
  }

  #membership(membership: Membership): Test<R> {
    const { operand, values, insensitive, negated } = membership;
    const literals = values.filter((value): value is Literal => value.kind === 'literal' && !isNull(value));
    const others = values.filter((value) => value.kind !== 'literal');
    const tests = others.map((value) => this.#equalsValue(operand, value, insensitive));
    if (literals.length > 0) tests.unshift(this.#inLiterals(operand, literals, insensitive));
    return negated ? not(anyOf(tests)) : anyOf(tests);
  }

  #inLiterals(operand: Expression, literals: readonly Literal[], insensitive: boolean): Test<R> {
    const type = this.#typeOf(operand);
    const read = this.value(operand);
    const texts = literals.map((literal) => literal.value).filter((value) => typeof value === 'string');
    const textual = texts.length === literals.length && (type === 'string' || type === 'any');
    if (insensitive) return anyPasses(read, textSet(texts.map(foldAscii), true), this.#work);
    if (textual) return anyPasses(read, textSet(texts, false), this.#work);
    return anyOf(literals.map((literal) => this.#againstLiteral(operand, '==', literal)));
  }

  #equalsValue(operand: Expression, value: Expression, insensitive: boolean): Test<R> {
    if (!insensitive)
      return this.#comparison({
        kind: 'comparison',
        operator: '==',
        left: operand,
        right: value,
        span: value.span,
      });
    const [readLeft, readRight] = [this.value(operand), this.value(value)];
    const fold = (each: Scalar): Scalar => (typeof each === 'string' ? foldAscii(each) : each);
    return (record) => {
      const other = readRight(record);
      return this.#anyPair(readLeft(record), other, (left, right) => fold(left) === fold(right));
    };
  }

  /** Whether some pair of two fields' values passes: of two long lists that is the product of their lengths. */
  #anyPair(left: FieldValue, right: FieldValue, test: (left: Scalar, right: Scalar) => boolean): boolean {
    const passes = (one: Scalar) => anyValue(right, (other) => test(one, other));
    const isLong = typeof left === 'object' && left !== null && left.length >= LONG_LIST;
    if (this.#work === undefined || !isLong) return anyValue(left, passes);
    return this.#work.some(left, (one) => one !== null && one !== undefined && passes(one), true);
  }

  #pattern(pattern: Pattern): Test<R> {
    const texts = pattern.patterns.map((literal) => literal.value as string);
    const { operator } = pattern;
    const matches =
      operator === 'regex' || operator === 'regex~'
        ? compileRegex(texts, flavourOf(pattern), operator === 'regex~', this.#work)
        : compileWildcards(texts, operator !== 'like', this.#work);
    return anyPasses(
      this.value(pattern.operand),
      (value) => typeof value === 'string' && matches(value),
      this.#work,
    );
  }

  #typeOf(expression: Expression): FieldType {
    return expression.kind === 'field' ? (this.#field(expression)?.type ?? 'any') : 'any';
  }

  /** The type in which two operands are compared: dates and addresses have several spellings. */
  #commonType(left: Expression, right: Expression): FieldType {
    const types = [this.#typeOf(left), this.#typeOf(right)];
    return types.find((type) => type === 'date' || type === 'ip') ?? 'any';
  }
}

function textSet(texts: readonly string[], insensitive: boolean): (value: Scalar) => boolean {
  if (texts.length <= SMALL_LIST)
    return insensitive
      ? (value) => typeof value === 'string' && texts.some((text) => equalsFolded(value, text))
      : (value) => texts.includes(value as string);
  const set: ReadonlySet<unknown> = new Set(texts);
  return insensitive
    ? (value) => typeof value === 'string' && set.has(foldAscii(value))
    : (value) => set.has(value);
}

function negatedValue(value: FieldValue): boolean | null {
  return isMissing(value) ? null : !anyValue(value, (each) => each === true);
}

function isScalar(value: Scalar | null | undefined): value is Scalar {
  return value !== null && value !== undefined;
}

function isNull(expression: Expression): boolean {
  return expression.kind === 'literal' && expression.value === null;
}
