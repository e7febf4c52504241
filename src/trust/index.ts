export { dropToOwner } from './drop.ts';
export { DropError, UntrustedPathError } from './errors.ts';
export { readTrusted, type TrustedContent } from './open.ts';
export { shellQuoted } from './quoting.ts';
export { checkTrusted, checkTrustedTree, type Trust } from './trusted-path.ts';
