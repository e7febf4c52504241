/** A path as one word of a shell's command, for a remedy that a person copies. */
export function shellQuoted(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
