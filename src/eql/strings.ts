import { EqlSyntaxError } from './errors.ts';
import type { Source, Span } from './source.ts';

const SIMPLE: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['t', '\t'],
  ['n', '\n'],
  ['f', '\f'],
  ['r', '\r'],
  ['"', '"'],
  ["'", "'"],
  ['\\', '\\'],
]);

const LAST_CODE_POINT = 0x10ffff;

/** The content of a `"…"` string, given the span between its quotes. Throws EqlSyntaxError at a bad escape. */
export function readEscapes(source: Source, span: Span): string {
  const content = source.text.slice(span.start, span.end);
  return content.replace(/\\(u(?:\{([^}]*)\})?|[\s\S])/g, (_escape, code: string, hex, index: number) => {
    const offset = span.start + index;
    if (code[0] === 'u') return readCodePoint(source, offset, hex as string | undefined);
    const character = SIMPLE.get(code);
    if (character !== undefined) return character;
    const message = `Unknown escape \\${code}; known are \\b \\t \\n \\f \\r \\" \\' \\\\ and \\u{…}.`;
    throw new EqlSyntaxError(message, source, offset, 'Write \\\\ for a backslash, or use """…""".');
  });
}

function readCodePoint(source: Source, offset: number, hex: string | undefined): string {
  const fail = (message: string): never => {
    throw new EqlSyntaxError(message, source, offset);
  };
  if (hex === undefined) return fail('Expected braces in a Unicode escape: \\u{2-8 hex digits}.');
  if (!/^[0-9A-Fa-f]{2,8}$/.test(hex)) return fail(`Expected 2 to 8 hex digits in \\u{…}, found "${hex}".`);
  const code = Number.parseInt(hex, 16);
  if (code >= 0xd800 && code <= 0xdfff) return fail(`\\u{${hex}} is a surrogate code, not a character.`);
  if (code > LAST_CODE_POINT) return fail(`\\u{${hex}} is above the last Unicode character, \\u{10ffff}.`);
  return String.fromCodePoint(code);
}

/** `text` as a `"…"` literal that reads back as itself. */
export function quoteString(text: string): string {
  const escaped = text.replace(/["\\\p{Cc}]/gu, (character) => {
    for (const [letter, meaning] of SIMPLE) if (meaning === character) return `\\${letter}`;
    const code = character.charCodeAt(0);
    return `\\u{${code.toString(16).padStart(2, '0')}}`;
  });
  return `"${escaped}"`;
}
