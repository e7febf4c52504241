import { foldUnit } from './casing.ts';

/** UTF-16 units of a piece that are searched for: its beginning is enough to leave most texts out. */
const MAX_PIECE = 16;
const ASCII = 128;
const ROOT = 0;

/**
 * Which of many pieces occur in a text, in one pass over it (Aho and Corasick, "Efficient string matching",
 * CACM 1975). Case is ignored, and long pieces are cut, so it may find too many, but never too few.
 */
export class PieceSearch {
  readonly #classes = new Uint16Array(ASCII);
  readonly #others = new Map<number, number>();
  #classCount = 1;
  readonly #next: Int32Array;
  /** For each state the numbers of the pieces that end there. */
  readonly #found: (readonly number[] | undefined)[];
  /** The search in which a state was last reached: its pieces are reported once, not at each character. */
  readonly #reported: Float64Array;
  #searches = 0;

  /** The pieces have their ASCII letters made small, or not: it makes no difference. */
  constructor(pieces: readonly string[]) {
    const folded = pieces.map((piece) =>
      Array.from({ length: Math.min(piece.length, MAX_PIECE) }, (_, at) => foldUnit(piece.charCodeAt(at))),
    );
    for (const unit of folded.flat()) this.#classify(unit);
    const states = folded.reduce((sum, units) => sum + units.length, 1);
    this.#next = new Int32Array(states * this.#classCount);
    this.#reported = new Float64Array(states);
    this.#found = this.#build(folded);
  }

  #classify(unit: number): void {
    if (this.#classOf(unit) !== 0) return;
    if (unit >= ASCII) this.#others.set(unit, this.#classCount);
    else {
      this.#classes[unit] = this.#classCount;
      if (unit >= 97 && unit <= 122) this.#classes[unit - 32] = this.#classCount;
    }
    this.#classCount += 1;
  }

  /** Characters that no piece holds are all of class 0, which leads back to the root. */
  #classOf(unit: number): number {
    return unit < ASCII ? this.#classes[unit]! : (this.#others.get(unit) ?? 0);
  }

  #build(pieces: readonly (readonly number[])[]): (readonly number[] | undefined)[] {
    const found: (number[] | undefined)[] = [undefined];
    for (const [number, units] of pieces.entries()) {
      let state = ROOT;
      for (const unit of units) {
        const edge = state * this.#classCount + this.#classOf(unit);
        if (this.#next[edge] === 0) this.#next[edge] = found.push(undefined) - 1;
        state = this.#next[edge]!;
      }
      found[state] = [...(found[state] ?? []), number];
    }
    this.#complete(found);
    return found;
  }

  /** Breadth first: where a state has no edge it goes where its longest proper suffix would. */
  #complete(found: (number[] | undefined)[]): void {
    const failure = new Int32Array(found.length);
    const queue: number[] = [ROOT];
    for (let head = 0; head < queue.length; head += 1) {
      const state = queue[head]!;
      const base = state * this.#classCount;
      const fallback = failure[state]! * this.#classCount;
      for (let each = 1; each < this.#classCount; each += 1) {
        const child = this.#next[base + each]!;
        const other = state === ROOT ? ROOT : this.#next[fallback + each]!;
        if (child === 0) {
          this.#next[base + each] = other;
          continue;
        }
        failure[child] = other;
        const inherited = found[other];
        if (inherited !== undefined) found[child] = [...(found[child] ?? []), ...inherited];
        queue.push(child);
      }
    }
  }

  /** Calls `visit` with the number of every piece that occurs, once for each state that shows it. */
  search(text: string, visit: (piece: number) => void): void {
    const next = this.#next;
    const classCount = this.#classCount;
    const reported = this.#reported;
    this.#searches += 1;
    const search = this.#searches;
    let state = ROOT;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      state = next[state * classCount + (unit < ASCII ? this.#classes[unit]! : this.#classOf(unit))]!;
      if (reported[state] === search) continue;
      reported[state] = search;
      for (const piece of this.#found[state] ?? []) visit(piece);
    }
  }
}
