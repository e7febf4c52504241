/** JSON as eslogger prints it: keys in random order, integers of 64 bits, escaped slashes; and its times. */

export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | Raw
  | readonly Json[]
  | { [key: string]: Json };

/** JSON text that is put into the line as it is. */
export class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Random = () => number;

/** mulberry32: a small seeded generator of numbers in [0, 1), public domain, by Tommy Ettinger. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** JSON text of a value with the keys of every object in random order. */
export function shuffledJson(value: Json, next: Random, escapeSlashes = true): string {
  if (
    value === null ||
    typeof value === 'boolean' ||
    typeof value === 'number' ||
    typeof value === 'bigint'
  ) {
    return String(value);
  }
  if (typeof value === 'string') {
    const text = JSON.stringify(value);
    return escapeSlashes ? text.replaceAll('/', '\\/') : text;
  }
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) {
    return `[${(value as readonly Json[]).map((item) => shuffledJson(item, next, escapeSlashes)).join(',')}]`;
  }
  const keys = Object.keys(value);
  for (let last = keys.length - 1; last > 0; last -= 1) {
    const pick = Math.floor(next() * (last + 1));
    const kept = keys[last]!;
    keys[last] = keys[pick]!;
    keys[pick] = kept;
  }
  const object = value as { [key: string]: Json };
  const parts = keys.map(
    (key) => `${JSON.stringify(key)}:${shuffledJson(object[key]!, next, escapeSlashes)}`,
  );
  return `{${parts.join(',')}}`;
}

/** RFC 3339 text of a time in nanoseconds since the epoch, with nine digits as in `time` or six as in `start_time`. */
export function timeText(nanoseconds: bigint, digits: 6 | 9 = 9): string {
  const seconds = new Date(Number(nanoseconds / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, '0');
  return `${seconds}.${fraction.slice(0, digits)}Z`;
}
