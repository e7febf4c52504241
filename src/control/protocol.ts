import * as v from 'valibot';

/**
 * What the command line and the agent say to each other: lines of JSON over a local stream socket.
 *
 *   request  {"v":1,"id":1,"request":"alerts.list","with":{…}}
 *   answers  {"id":1,"item":…} as often as there are items, then {"id":1,"done":…} or {"id":1,"error":{…}}
 */
export const PROTOCOL_VERSION = 1;
/** Bytes of a request with its line feed: the longest parameter is a condition of 8 KiB. */
export const MAX_REQUEST_BYTES = 64 * 1024;
/** Bytes of one answer: an alert holds at most some 300 KiB. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/**
 * Where the daemon's socket lies; root makes it, for root and group admin. Not below /var/run, which members of group daemon
 * may write on macOS.
 */
export const DAEMON_SOCKET = '/Library/Application Support/exectap/run/control.sock';
/** Its name in the state's folder where the agent makes it itself. */
export const SOCKET_NAME = 'control.sock';
/** Longest path of a socket everywhere: macOS has 104 bytes for it with its end [unix(4)]. */
export const MAX_SOCKET_PATH_BYTES = 103;

const envelope = v.looseObject({ v: v.pipe(v.number(), v.integer()) });

const request = v.strictObject({
  v: v.literal(PROTOCOL_VERSION),
  id: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31)),
  request: v.pipe(v.string(), v.maxLength(64)),
  with: v.optional(
    v.custom<Record<string, unknown>>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    ),
    {},
  ),
});

export type Request = v.InferOutput<typeof request>;

export interface AnswerError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy?: string | undefined;
}

export type ErrorCode =
  /** The line is no request. */
  | 'malformed'
  /** Another version of the protocol. */
  | 'version'
  /** There is no such request, or its parameters are wrong. */
  | 'invalid'
  /** This user may not. */
  | 'forbidden'
  /** Too many ask at once. */
  | 'busy'
  /** It could not be done. */
  | 'failed';

const answer = v.union([
  v.object({ id: v.number(), item: v.unknown() }),
  v.object({ id: v.number(), done: v.unknown() }),
  v.object({
    id: v.number(),
    error: v.object({
      code: v.picklist(['malformed', 'version', 'invalid', 'forbidden', 'busy', 'failed']),
      message: v.string(),
      remedy: v.optional(v.string()),
    }),
  }),
]);

export type Answer = v.InferOutput<typeof answer>;

/** Reads a line as a request, or says what is wrong with it. */
export function readRequest(line: string): Request | AnswerError {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { code: 'malformed', message: 'this is no line of JSON' };
  }
  const versioned = v.safeParse(envelope, value);
  if (versioned.success && versioned.output.v !== PROTOCOL_VERSION) {
    const message = `version ${versioned.output.v} of the protocol was spoken; this agent speaks ${PROTOCOL_VERSION}`;
    return { code: 'version', message, remedy: 'Use the exectap that belongs to the running agent.' };
  }
  const parsed = v.safeParse(request, value);
  return parsed.success ? parsed.output : { code: 'malformed', message: 'this is no request' };
}

/** Reads a line as an answer; null where it is none. */
export function readAnswer(line: string): Answer | null {
  try {
    const parsed = v.safeParse(answer, JSON.parse(line));
    // `unknown` matches what is not there at all.
    if (!parsed.success) return null;
    const { output } = parsed;
    return 'error' in output || 'item' in output || 'done' in output ? output : null;
  } catch {
    return null;
  }
}
