/**
 * What the kernel says of a signature. `flags` are the csops(2) flags [xnu bsd/sys/codesign.h, cs_blobs.h].
 * Endpoint Security does not tell who signed beyond the team, nor why a check failed: subject_name and status
 * are therefore never written.
 */
interface Signature {
  readonly signingId: string | null;
  readonly teamId: string | null;
  readonly cdhash: string | null;
  readonly csFlags: number;
  readonly platformBinary: boolean;
}

/** The signature is valid now: CS_VALID. */
const CS_VALID = 0x1;
/** Endpoint Security gives forty zeros where there is no code directory. */
const NO_CDHASH = '0'.repeat(40);

export function isSigned(image: Signature): boolean {
  return image.signingId !== null || cdhashOf(image) !== null;
}

/** Valid, and by Apple's own platform or by a team that Apple knows; an ad-hoc signature proves no one. */
export function isTrusted(image: Signature): boolean {
  return (image.csFlags & CS_VALID) !== 0 && (image.platformBinary || (image.teamId ?? '') !== '');
}

/** Empty where a signature names no team (Apple's own and ad-hoc signatures), as Elastic Defend writes it. */
export function teamOf(image: Signature): string | null {
  return isSigned(image) ? (image.teamId ?? '') : null;
}

export function cdhashOf({ cdhash }: Signature): string | null {
  return cdhash !== null && cdhash !== NO_CDHASH && /^[0-9a-f]{40}$/.test(cdhash) ? cdhash : null;
}
