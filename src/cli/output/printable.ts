/**
 * What would act on a terminal or reorder what is read on it: controls, formats (bidirectional, zero-width), line and
 * paragraph separators. Everything in argv is written by whoever starts a process.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Hostile text made safe for a terminal: each such character becomes a visible escape. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escapeOne);
}

function escapeOne(character: string): string {
  const code = character.codePointAt(0)!;
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** Arguments so that a person sees where each begins and ends: quoted where a shell would need it. */
export function quoteArguments(args: readonly string[]): string {
  return args.map(quote).join(' ');
}

function quote(arg: string): string {
  const safe = printable(arg);
  if (safe === arg && /^[\w@%+=:,./-]+$/.test(arg)) return arg;
  return `'${safe.replaceAll("'", "'\\''")}'`;
}
