import { Compiler } from './compiler.ts';
import { fold } from './fold.ts';
import type { Schema } from './schema.ts';
import { type Expression, isVariable, type Scalar } from './tree.ts';

/** The expression with everything computed that no record can change, under a schema. */
export function foldConstants(expression: Expression, schema: Schema): Expression {
  const constants = new Compiler<null>(() => undefined);
  return fold(expression, {
    isUnknown: (field) => !isVariable(field) && schema(field.name) === undefined,
    evaluate: (constant) => constants.value(constant)(null) as Scalar | null,
  });
}

/** The value of an expression that reads no field; undefined where it reads one. */
export function constantValue(expression: Expression): Scalar | null | undefined {
  const folded = foldConstants(expression, () => 'any');
  return folded.kind === 'literal' ? folded.value : undefined;
}
