import * as v from 'valibot';
import type { HostIdentity } from '../ecs/index.ts';

const text = v.pipe(v.string(), v.nonEmpty(), v.maxLength(1024));

/** An id becomes a part of hashes, whose parts are joined by `|`. */
const hostId = v.pipe(text, v.regex(/^[^|\p{Cc}]+$/u));

/**
 * The control line at the start of a tap run: `{"exectap":{"start":{…}}}`. It stands between event lines and says
 * where the lines after it come from, so that a capture can be replayed anywhere.
 */
const startLine = v.object({
  exectap: v.object({
    start: v.object({
      host: v.object({ id: hostId, name: v.optional(text), architecture: v.optional(text) }),
      os: v.optional(
        v.object({ version: v.optional(text), build: v.optional(text), kernel: v.optional(text) }),
        {},
      ),
      boot_id: v.optional(text),
    }),
  }),
});

export interface TapStart {
  readonly host: HostIdentity;
  readonly bootId: string | undefined;
}

/** What a control line says about a new tap run; null for control lines of other kinds and for malformed ones. */
export function tapStart(line: string): TapStart | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // The decoder took it for a control line by its first key alone; what follows may be cut.
    return null;
  }
  const parsed = v.safeParse(startLine, value);
  if (!parsed.success) return null;
  const { host, os, boot_id } = parsed.output.exectap.start;
  return {
    host: {
      id: host.id,
      name: host.name,
      architecture: host.architecture,
      osVersion: os.version,
      osBuild: os.build,
      kernel: os.kernel,
    },
    bootId: boot_id,
  };
}
