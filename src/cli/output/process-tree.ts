import { basename } from 'node:path/posix';
import type { AlertView } from './alert-view.ts';
import { printable, quoteArguments } from './printable.ts';

/**
 * The chain of parents as far as it was seen, oldest first, down to the process of the alert.
 *
 * @returns lines without a line end
 */
export function processTree({ document, detail }: AlertView): string[] {
  const { process } = document;
  const chain = detail.ancestry.map((link) => ({ ...link, mark: '' })).reverse();
  const nodes = [...chain, { ...process, mark: '   ◀ alert' }];
  const unseen = unseenParent({ document, detail });
  const lines = nodes.map((node, depth) => {
    const indent = depth + (unseen === null ? 0 : 1);
    return `${branch(indent)}${nodeText(node, detail.withheld === true)}${node.mark}`;
  });
  return unseen === null ? lines : [unseen, ...lines];
}

function branch(depth: number): string {
  return depth === 0 ? '' : `${'   '.repeat(depth - 1)}└─ `;
}

interface Node {
  readonly pid: number;
  readonly executable: string;
  readonly args?: readonly string[] | null;
}

function nodeText({ pid, executable, args }: Node, withheld: boolean): string {
  const unknown = withheld ? '(arguments: use sudo)' : '(its start was not seen)';
  const command = args ? quoteArguments(args) : unknown;
  return `${printable(basename(executable))} [${pid}]  ${command}  ${printable(executable)}`;
}

/** A parent that is known by its pid alone: it is older than the tap. */
function unseenParent({ document, detail }: AlertView): string | null {
  const { parent } = document.process;
  if (detail.ancestry.length > 0) return null;
  return `[${parent.pid}]  (a process older than the tap)`;
}
