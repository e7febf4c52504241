import { ExectapError } from '../errors.ts';

/** The native addon is missing, does not load, or was built from other sources. */
export class AddonError extends ExectapError {}
