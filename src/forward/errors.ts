import { ExectapError } from '../errors.ts';

/** A destination's settings cannot work: found when it is made, before anything is sent. */
export class DestinationConfigError extends ExectapError {}

/** A file with a secret is missing, can be read or written by others, or holds something else. */
export class SecretFileError extends ExectapError {}
