import { ExectapError } from '../errors.ts';

/** Somebody who is not trusted could have put the file there, or could change it. */
export class UntrustedPathError extends ExectapError {}

/** The rights of root could not be dropped. */
export class DropError extends ExectapError {}
