import { Kind } from '../tap/index.ts';
import type { ProcessEvent } from './event.ts';

/**
 * Bytes of `process.args` and `process.command_line` together in what is stored or sent. Rules see every argument
 * (an argv may be 1 MiB); a document that holds it twice would be a gift to whoever wants to fill the queue.
 */
export const DOCUMENT_ARGUMENT_BYTES = 32 * 1024;

interface BoundedArguments {
  readonly args: readonly string[] | null;
  /** Null on forks: a fork did not run that command. */
  readonly commandLine: string | null;
  readonly truncated: boolean;
}

/** The arguments as a document holds them: the first ones whole, the last one cut where the bytes end. */
export function boundedArguments(event: ProcessEvent): BoundedArguments {
  const { args, record } = event;
  if (args === null) return { args, commandLine: null, truncated: false };
  const commandLine = commandLineOf(event);
  if (record.kind !== Kind.exec)
    return { args, commandLine, truncated: args.length < (event.argsCount ?? 0) };
  if (record.argsBytes * 2 <= DOCUMENT_ARGUMENT_BYTES) return { args, commandLine, truncated: false };
  const half = DOCUMENT_ARGUMENT_BYTES / 2;
  return { args: cutList(args, half), commandLine: cutText(commandLine ?? '', half), truncated: true };
}

/** The arguments joined by one space, as Elastic Defend writes it; null on forks and where they are not known. */
export function commandLineOf(event: ProcessEvent): string | null {
  if (event.record.kind === Kind.fork) return null;
  if (event.record.kind === Kind.exec) return event.record.commandLine;
  return event.args?.join(' ') ?? null;
}

function cutList(args: readonly string[], bytes: number): string[] {
  const kept: string[] = [];
  let left = bytes;
  for (const arg of args) {
    const size = Buffer.byteLength(arg) + 1;
    if (size > left) {
      if (left > 1) kept.push(cutText(arg, left - 1));
      break;
    }
    kept.push(arg);
    left -= size;
  }
  return kept;
}

/** The longest prefix of at most `bytes` bytes of UTF-8 that does not split a character. */
export function cutText(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  if (encoded.length <= bytes) return text;
  let end = bytes;
  while (end > 0 && (encoded[end]! & 0xc0) === 0x80) end -= 1;
  return encoded.toString('utf8', 0, end);
}
