/**
 * A regular expression for the decimal numbers from `low` to `high`, both included. Two bounds of the same
 * length ask for just so many digits (01 to 31); else leading zeros do not count. This is what Lucene's
 * `<n-m>` takes.
 */
export function decimalRange(low: string, high: string): string {
  const [from, to] = Number(low) <= Number(high) ? [low, high] : [high, low];
  if (from.length === to.length) return sameLength(from, to);
  const [least, most] = [String(Number(from)), String(Number(to))];
  const lengths = Array.from({ length: most.length - least.length + 1 }, (_, index) => least.length + index);
  const ranges = lengths.map((length) =>
    sameLength(
      length === least.length ? least : `1${'0'.repeat(length - 1)}`,
      length === most.length ? most : '9'.repeat(length),
    ),
  );
  return `0*(?:${ranges.join('|')})`;
}

/** All numbers between two with as many digits. */
function sameLength(from: string, to: string): string {
  const [a, b] = [from[0]!, to[0]!];
  const [fromRest, toRest] = [from.slice(1), to.slice(1)];
  if (fromRest === '') return digits(a, b);
  if (a === b) return `${a}${group(sameLength(fromRest, toRest))}`;
  const [zeros, nines] = ['0'.repeat(fromRest.length), '9'.repeat(fromRest.length)];
  const choices: string[] = [];
  // The first digits whose rest is free are the middle; the ends are narrower, unless they are free too.
  let [first, last] = [Number(a), Number(b)];
  if (fromRest !== zeros) {
    choices.push(`${a}${group(sameLength(fromRest, nines))}`);
    first += 1;
  }
  if (toRest !== nines) last -= 1;
  if (first <= last) choices.push(`${digits(String(first), String(last))}[0-9]{${zeros.length}}`);
  if (toRest !== nines) choices.push(`${b}${group(sameLength(zeros, toRest))}`);
  return choices.join('|');
}

function digits(from: string, to: string): string {
  return from === to ? from : `[${from}-${to}]`;
}

function group(pattern: string): string {
  return `(?:${pattern})`;
}
