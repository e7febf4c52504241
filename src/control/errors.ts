import { ExectapError } from '../errors.ts';
import type { ErrorCode } from './protocol.ts';

/** The socket cannot be made or used. */
export class ControlSocketError extends ExectapError {}

/** An agent is there and does not answer. */
export class AgentSilentError extends ExectapError {}

/** The agent has refused or failed, in its own words. */
export class AgentRefusedError extends ExectapError {
  readonly code: ErrorCode;

  constructor(message: string, options: { code: ErrorCode; remedy?: string }) {
    super(message, options);
    this.code = options.code;
  }
}
