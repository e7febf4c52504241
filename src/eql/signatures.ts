import type { ArithmeticOperator, FunctionCall } from './tree.ts';

/** What a parameter takes; `network` is an address range written as a string. */
export type ParameterType = 'any' | 'boolean' | 'ip' | 'network' | 'number' | 'string';

export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  /** null is a value for it; null for any other makes the result null. */
  readonly nullable?: true;
  /** May be left out, and is nullable then. */
  readonly optional?: true;
  /** The last parameter may be given any number of times. */
  readonly repeated?: true;
}

export interface Signature {
  /** In Elasticsearch's spelling; names are found in any case. */
  readonly name: FunctionName;
  readonly parameters: readonly Parameter[];
  readonly returns: 'boolean' | 'number' | 'string';
  /** Whether there is a form with `~`, which ignores the case of ASCII letters. */
  readonly foldable: boolean;
}

export type FunctionName =
  | 'add'
  | 'between'
  | 'cidrMatch'
  | 'concat'
  | 'divide'
  | 'endsWith'
  | 'indexOf'
  | 'length'
  | 'modulo'
  | 'multiply'
  | 'number'
  | 'startsWith'
  | 'string'
  | 'stringContains'
  | 'substring'
  | 'subtract';

const text = (name: string): Parameter => ({ name, type: 'string' });
const numeric = (name: string): Parameter => ({ name, type: 'number' });
const optional = (name: string, type: ParameterType): Parameter => ({
  name,
  type,
  optional: true,
  nullable: true,
});

const TWO_NUMBERS = [numeric('left'), numeric('right')];
const SOURCE_AND_PART = [text('source'), text('part')];

function signature(
  name: FunctionName,
  parameters: readonly Parameter[],
  returns: Signature['returns'],
  foldable = false,
): Signature {
  return { name, parameters, returns, foldable };
}

const SIGNATURES: ReadonlyMap<string, Signature> = new Map(
  [
    signature('add', TWO_NUMBERS, 'number'),
    signature(
      'between',
      [text('source'), text('left'), text('right'), optional('greedy', 'boolean')],
      'string',
      true,
    ),
    signature(
      'cidrMatch',
      [
        { name: 'address', type: 'ip' },
        { name: 'network', type: 'network', repeated: true },
      ],
      'boolean',
    ),
    signature('concat', [{ name: 'value', type: 'any', repeated: true }], 'string'),
    signature('divide', TWO_NUMBERS, 'number'),
    signature('endsWith', SOURCE_AND_PART, 'boolean', true),
    signature('indexOf', [...SOURCE_AND_PART, optional('start', 'number')], 'number', true),
    signature('length', [text('source')], 'number'),
    signature('modulo', TWO_NUMBERS, 'number'),
    signature('multiply', TWO_NUMBERS, 'number'),
    signature('number', [text('source'), optional('base', 'number')], 'number'),
    signature('startsWith', SOURCE_AND_PART, 'boolean', true),
    signature('string', [{ name: 'value', type: 'any' }], 'string'),
    signature('stringContains', SOURCE_AND_PART, 'boolean', true),
    signature(
      'substring',
      [text('source'), { name: 'start', type: 'number', nullable: true }, optional('end', 'number')],
      'string',
    ),
    signature('subtract', TWO_NUMBERS, 'number'),
  ].map((each) => [each.name.toLowerCase(), each]),
);

/** The names of all functions, to suggest one. */
export const FUNCTION_NAMES: readonly string[] = Array.from(SIGNATURES.values(), (each) => each.name);

/** The function that a name in any case stands for. */
export function signatureOf(name: string): Signature | undefined {
  return SIGNATURES.get(name.toLowerCase());
}

/** The parameter that takes the argument at `index`; undefined where there are too many. */
export function parameterAt({ parameters }: Signature, index: number): Parameter | undefined {
  const last = parameters.at(-1);
  return parameters[index] ?? (last?.repeated === true ? last : undefined);
}

/** What a call must bring, for a message: `2 arguments`, `1 or 2 arguments`, `at least 2 arguments`. */
export function describeArity({ parameters }: Signature): string {
  const least = leastArguments(parameters);
  const plural = (count: number) => `${count} argument${count === 1 ? '' : 's'}`;
  if (parameters.at(-1)?.repeated === true) return `at least ${plural(least)}`;
  if (least === parameters.length) return plural(least);
  const choices = Array.from({ length: parameters.length - least }, (_, index) => least + index);
  return `${choices.join(', ')} or ${plural(parameters.length)}`;
}

/** Whether a call with `count` arguments fits. */
export function takes(signature: Signature, count: number): boolean {
  return (
    count >= leastArguments(signature.parameters) &&
    (count === 0 || parameterAt(signature, count - 1) !== undefined)
  );
}

function leastArguments(parameters: readonly Parameter[]): number {
  return parameters.filter((each) => each.optional !== true).length;
}

const OPERATORS: Readonly<Partial<Record<FunctionName, ArithmeticOperator>>> = {
  add: '+',
  subtract: '-',
  multiply: '*',
  divide: '/',
  modulo: '%',
};

/** The operator that a call is another spelling of. */
export function operatorOf({ name }: FunctionCall): ArithmeticOperator | undefined {
  const signature = signatureOf(name);
  return signature === undefined ? undefined : OPERATORS[signature.name];
}
