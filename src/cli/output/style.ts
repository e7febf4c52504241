import * as colours from 'yoctocolors';

/** Emphasis for a person; to a pipe the text is left alone. NO_COLOR is honoured [no-color.org]. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

const plain: Style = { bold: (text) => text, dim: (text) => text };

export function styleFor(tty: boolean): Style {
  return tty ? colours : plain;
}
