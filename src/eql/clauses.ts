import type { LiteralClause, LiteralTest } from './needs.ts';

/** Fields that say the same of most events, so that looking them up leaves few out. */
const COMMON = /^(?:event|host|data_stream|agent)\./;
const COMMON_PENALTY = 1000;
/** What equality with a text is worth over its occurrence, in characters. */
const WHOLE_BONUS = 8;

/** The clause that likely fewest records satisfy: long texts, whole rather than a part, of telling fields. */
export function mostTelling(clauses: readonly LiteralClause[]): LiteralClause | undefined {
  let best: LiteralClause | undefined;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const clause of clauses) {
    const score = Math.min(...clause.map(scoreOf));
    if (score <= bestScore) continue;
    best = clause;
    bestScore = score;
  }
  return best;
}

/** A clause that holds where all clauses of one alternative do; none where an alternative claims nothing. */
export function clauseOfAny(alternatives: readonly (readonly LiteralClause[])[]): LiteralClause[] {
  const tests: LiteralTest[] = [];
  for (const clauses of alternatives) {
    const clause = mostTelling(clauses);
    if (clause === undefined) return [];
    tests.push(...clause);
  }
  return tests.length > MAX_CLAUSE_TESTS ? [] : [tests];
}

/** Tests in one clause beyond which it is dropped: a record would have to be looked up under all of them. */
const MAX_CLAUSE_TESTS = 64;

function scoreOf({ field, kind, texts }: LiteralTest): number {
  const shortest = Math.min(...texts.map((text) => text.length));
  return shortest + (kind === 'equals' ? WHOLE_BONUS : 0) - (COMMON.test(field) ? COMMON_PENALTY : 0);
}
