import { Kind } from '../tap/index.ts';
import type { ProcessEvent } from './event.ts';
import { cutList, cutText } from './json-text.ts';

/**
 * Bytes of JSON for all arguments and command lines together in what is stored or sent: an event's document, or an
 * alert's with the copy of the event inside it. Rules see every argument (an argv may be 1 MiB); a document that
 * held them all would be a gift to whoever wants to fill the queue.
 */
export const DOCUMENT_ARGUMENT_BYTES = 32 * 1024;

/** The share of `process.args`, and again of `process.command_line`. */
const OWN_SHARE = 3 / 8;
/** The share of each list of another image: those arguments are there to recognise a process by. */
const OTHER_SHARE = 1 / 16;

interface BoundedArguments {
  readonly args: readonly string[] | null;
  readonly commandLine: string | null;
  /** Whether the document holds less than the process was given. */
  readonly truncated: boolean;
}

/** The process's own arguments as a document holds them: the first ones whole, the last one cut. */
export function boundedArguments(event: ProcessEvent, budget: number): BoundedArguments {
  const { args } = event;
  const commandLine = commandLineOf(event);
  if (args === null) return { args, commandLine, truncated: false };
  const kept = cutList(args, budget * OWN_SHARE);
  const keptLine = commandLine === null ? null : cutText(commandLine, budget * OWN_SHARE);
  const truncated = kept !== args || keptLine !== commandLine || args.length < (event.argsCount ?? 0);
  return { args: kept, commandLine: keptLine, truncated };
}

/** The arguments joined by one space, as Elastic Defend writes it; null on forks and where they are not known. */
export function commandLineOf(event: ProcessEvent): string | null {
  if (event.record.kind === Kind.fork) return null;
  if (event.record.kind === Kind.exec) return event.record.commandLine;
  return event.args?.join(' ') ?? null;
}

/** Arguments of another image as a document holds them. */
export function boundedOthers(
  args: readonly string[] | undefined,
  budget: number,
): readonly string[] | undefined {
  return args && cutList(args, budget * OTHER_SHARE);
}

export function boundedOtherLine(args: readonly string[] | undefined, budget: number): string | undefined {
  return args && cutText(args.join(' '), budget * OTHER_SHARE);
}
