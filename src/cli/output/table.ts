import stringWidth from 'string-width';

/**
 * Rows as a person reads them: columns padded to the widest cell, the last one left as it is.
 * To a pipe: cells separated by tabs and no header, for `cut` and `awk`.
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[], tty: boolean): string {
  if (!tty) return rows.map((row) => `${row.join('\t')}\n`).join('');
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => stringWidth(line[column] ?? ''))));
  return lines.map((line) => `${pad(line, widths)}\n`).join('');
}

function pad(cells: readonly string[], widths: readonly number[]): string {
  const last = cells.length - 1;
  return cells
    .map((cell, column) => (column === last ? cell : cell + ' '.repeat(widths[column]! - stringWidth(cell))))
    .join('  ');
}
