import { foldAscii } from './casing.ts';
import type { LiteralTest } from './needs.ts';
import { PieceSearch } from './pieceSearch.ts';

/** The numbers of the rules that a value makes candidates. */
export type Visit = (rule: number) => void;

/** All literals that rules want of one field. */
export class FieldIndex {
  readonly #exact = new Map<string, number[]>();
  readonly #folded = new Map<string, number[]>();
  readonly #pieces = new Map<string, number[]>();
  #longest = 0;
  #search: PieceSearch | undefined;
  #pieceRules: readonly (readonly number[])[] = [];

  add({ kind, texts, insensitive }: LiteralTest, rule: number): void {
    const map = kind === 'contains' ? this.#pieces : insensitive ? this.#folded : this.#exact;
    for (const text of texts) {
      const key = kind === 'contains' ? foldAscii(text) : text;
      if (kind === 'equals') this.#longest = Math.max(this.#longest, text.length);
      const rules = map.get(key);
      if (rules === undefined) map.set(key, [rule]);
      else rules.push(rule);
    }
    this.#search = undefined;
  }

  /** Visits the rules for which the value is, or contains, one of the wanted texts; some more, none less. */
  visit(value: string, visit: Visit): void {
    // A longer value is none of the texts, and hashing it is dear.
    if (value.length <= this.#longest) {
      if (this.#exact.size > 0) visitAll(this.#exact.get(value), visit);
      if (this.#folded.size > 0) visitAll(this.#folded.get(foldAscii(value)), visit);
    }
    if (this.#pieces.size === 0) return;
    this.#search ??= this.#compile();
    this.#search.search(value, (piece) => visitAll(this.#pieceRules[piece], visit));
  }

  #compile(): PieceSearch {
    this.#pieceRules = [...this.#pieces.values()];
    return new PieceSearch([...this.#pieces.keys()]);
  }
}

function visitAll(rules: readonly number[] | undefined, visit: Visit): void {
  if (rules !== undefined) for (const rule of rules) visit(rule);
}
