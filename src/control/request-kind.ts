import * as v from 'valibot';
import type { Peer } from '../native/index.ts';
import type { Role } from './peer.ts';

/** One request that is being answered. */
export interface Call {
  readonly peer: Peer;
  readonly role: Role;
  /** Aborted when the client has gone or the agent ends. */
  readonly signal: AbortSignal;
  /** Sends an item; waits while the client is slow. */
  item(value: unknown): Promise<void>;
  /** Sends an item unless the client is slow; false where it was left out. */
  offer(value: unknown): boolean;
}

/** One thing that can be asked. */
export interface RequestKind {
  readonly name: string;
  readonly role: Role;
  /** Whether it changes something: then it is logged with who asked. */
  readonly changes: boolean;
  /** Answers, or throws an ExectapError in words for the person who asked. What it returns is the last answer. */
  run(parameters: unknown, call: Call): Promise<unknown>;
}

/** The parameters of a request are not what it takes. */
export class ParameterError extends Error {}

/** Defines a request whose parameters are checked before it is run. */
export function requestKind<S extends v.GenericSchema>(
  name: string,
  kind: Pick<RequestKind, 'role' | 'changes'>,
  schema: S,
  handle: (parameters: v.InferOutput<S>, call: Call) => Promise<unknown>,
): RequestKind {
  return {
    name,
    ...kind,
    run(parameters, call) {
      const checked = v.safeParse(schema, parameters);
      if (checked.success) return handle(checked.output, call);
      const [issue] = checked.issues;
      return Promise.reject(new ParameterError(`${v.getDotPath(issue) ?? name}: ${issue.message}`));
    },
  };
}
