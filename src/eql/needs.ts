import { foldAscii } from './casing.ts';
import { clauseOfAny } from './clauses.ts';
import { flavourOf, literalsOfRegex } from './regex.ts';
import type { Expression, Pattern } from './tree.ts';

/** What a record must show for a query to match: an index and a loader build on it. */
export interface Needs {
  /** Every field that the query names, the category's field excepted. */
  readonly fields: ReadonlySet<string>;
  /** The categories whose events it takes; null is every event. */
  readonly categories: ReadonlySet<string> | null;
  /** Each clause must hold for a match; no clause is no claim. */
  readonly literals: readonly LiteralClause[];
}

/** Holds where one of its tests does. */
export type LiteralClause = readonly LiteralTest[];

/** That one of a field's values is, or contains, one of some texts. */
export interface LiteralTest {
  readonly field: string;
  readonly kind: 'equals' | 'contains';
  /** With the letters of ASCII made small when `insensitive`; never empty text. */
  readonly texts: readonly string[];
  readonly insensitive: boolean;
}

/** Whether a field's values are compared as the text they are; dates and addresses have several spellings. */
export type IsText = (field: string) => boolean;

/** The clauses that a checked and folded condition cannot match without. */
export function literalsOf(condition: Expression, isText: IsText): LiteralClause[] {
  const clause = (operand: Expression, kind: LiteralTest['kind'], texts: string[], insensitive: boolean) =>
    operand.kind === 'field' && operand.of === null && isText(operand.name)
      ? textClause(operand.name, kind, texts, insensitive)
      : [];
  switch (condition.kind) {
    case 'and':
      return condition.operands.flatMap((operand) => literalsOf(operand, isText));
    case 'or':
      return clauseOfAny(condition.operands.map((operand) => literalsOf(operand, isText)));
    case 'comparison':
      return condition.operator === '==' ? equalityLiterals(condition.left, condition.right, clause) : [];
    case 'in': {
      const texts = textsOf(condition.values);
      if (condition.negated || texts === undefined) return [];
      return clause(condition.operand, 'equals', texts, condition.insensitive);
    }
    case 'pattern': {
      if (condition.operator === 'regex' || condition.operator === 'regex~')
        return regexLiterals(condition, clause);
      return patternLiterals(condition, clause);
    }
    default:
      return [];
  }
}

type MakeClause = (
  operand: Expression,
  kind: LiteralTest['kind'],
  texts: string[],
  insensitive: boolean,
) => LiteralClause[];

function equalityLiterals(left: Expression, right: Expression, clause: MakeClause): LiteralClause[] {
  const [field, text] = left.kind === 'literal' ? [right, left] : [left, right];
  const texts = textsOf([text]);
  return texts === undefined ? [] : clause(field, 'equals', texts, false);
}

/** Whole texts where the patterns have no wildcard, else the longest piece of each that must occur. */
function patternLiterals({ operand, operator, patterns }: Pattern, clause: MakeClause): LiteralClause[] {
  const insensitive = operator !== 'like';
  const texts = textsOf(patterns) ?? [];
  if (texts.every((text) => !/[*?]/.test(text))) return clause(operand, 'equals', texts, insensitive);
  const pieces = texts.map((text) => text.split(/[*?]/).reduce((a, b) => (b.length > a.length ? b : a)));
  return clause(operand, 'contains', pieces, insensitive);
}

function regexLiterals(pattern: Pattern, clause: MakeClause): LiteralClause[] {
  const insensitive = pattern.operator === 'regex~';
  const pieces = literalsOfRegex(textsOf(pattern.patterns) ?? [], flavourOf(pattern), insensitive);
  return clause(pattern.operand, 'contains', pieces, insensitive);
}

function textsOf(values: readonly Expression[]): string[] | undefined {
  const texts: string[] = [];
  for (const value of values) {
    if (value.kind !== 'literal') return undefined;
    if (value.value === null) continue;
    if (typeof value.value !== 'string') return undefined;
    texts.push(value.value);
  }
  return texts;
}

function textClause(
  field: string,
  kind: LiteralTest['kind'],
  texts: readonly string[],
  insensitive: boolean,
): LiteralClause[] {
  if (texts.length === 0 || texts.includes('')) return [];
  return [[{ field, kind, texts: insensitive ? texts.map(foldAscii) : texts, insensitive }]];
}
