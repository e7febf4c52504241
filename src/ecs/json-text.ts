/** Cutting text by the bytes that it takes as JSON, where a control character takes six. */

/** The longest prefix of whole characters that takes at most `bytes` inside the quotes of JSON; the same text if all. */
export function cutText(text: string, bytes: number): string {
  if (text.length * MOST_BYTES <= bytes) return text;
  let used = 0;
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at)!;
    used += bytesOf(point);
    if (used > bytes) return text.slice(0, at);
    at += point > 0xffff ? 2 : 1;
  }
  return text;
}

/** The first texts that take at most `bytes` as a JSON list, the last of them cut; the same list if nothing is cut. */
export function cutList(texts: readonly string[], bytes: number): readonly string[] {
  let left = bytes;
  for (const [index, text] of texts.entries()) {
    left -= QUOTES_AND_COMMA;
    const kept = cutText(text, left);
    if (kept !== text || left < 0) return [...texts.slice(0, index), ...(kept === '' ? [] : [kept])];
    left -= jsonBytes(text);
  }
  return texts;
}

const QUOTES_AND_COMMA = 3;
/** `\u0000`. */
const MOST_BYTES = 6;

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/** What JSON.stringify makes of a code point, in bytes of UTF-8. */
function bytesOf(point: number): number {
  if (point < 0x20) return SHORT_ESCAPES.has(point) ? 2 : MOST_BYTES;
  if (point < 0x80) return point === 0x22 || point === 0x5c ? 2 : 1;
  if (point < 0x800) return 2;
  if (point >= 0xd800 && point <= 0xdfff) return MOST_BYTES;
  return point > 0xffff ? 4 : 3;
}

/** \b \t \n \f \r. */
const SHORT_ESCAPES: ReadonlySet<number> = new Set([8, 9, 10, 12, 13]);
