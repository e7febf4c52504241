import { LONG_TEXT } from './work.ts';

/**
 * Letter case as EQL ignores it: A to Z only, as Lucene's term, prefix and wildcard queries do. Unicode
 * folding would make the Kelvin sign a k and the Turkish dotless i depend on the locale.
 */

/** The code unit, or its small letter where it is a capital of ASCII. */
export function foldUnit(unit: number): number {
  return unit >= 65 && unit <= 90 ? unit | 32 : unit;
}

/** `text` with the capitals of ASCII made small. */
export function foldAscii(text: string): string {
  if (!/[A-Z]/.test(text)) return text;
  if (text.length >= LONG_TEXT) return foldUnits(text);
  return text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

/** A replacement by pattern would call back for each run of capitals, and a hostile text has nothing else. */
function foldUnits(text: string): string {
  const units = Buffer.from(text, 'utf16le');
  for (let at = 0; at < units.length; at += 2) if (units[at + 1] === 0) units[at] = foldUnit(units[at]!);
  return units.toString('utf16le');
}

/** Whether `text` is `folded` but for the case of ASCII letters; allocates nothing. */
export function equalsFolded(text: string, folded: string): boolean {
  if (text.length !== folded.length) return false;
  for (let at = 0; at < text.length; at += 1)
    if (foldUnit(text.charCodeAt(at)) !== folded.charCodeAt(at)) return false;
  return true;
}
